// Package noise makes the ordinary day of the tenant: what people, services and devices do when nobody attacks.
package noise

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// perMessage bounds the records of one message; record numbers are spaced by it.
const perMessage = 32

// Source is one numbered stream of messages. Message n is the same whenever it is made for the same time.
type Source struct {
	Dir  *directory.Directory
	Seed int64
	Name string
	Base int64 // first record number; streams must not overlap
	Bulk bool  // only endpoint tables, as load tests want them: record numbers have no gaps
}

// BulkSize is how many records every message of a bulk source has.
const BulkSize = 8

// maker makes the records of one message.
type maker struct {
	activity.Stage
	at   time.Time
	rows []*hunt.Row
}

// Message returns the records of message n, exported at the time. There are size of them, a few more when they belong together.
func (s Source) Message(n int64, at time.Time, size int) []hunt.Record {
	d := dice.New(s.Seed, "noise", s.Name, n)
	k := s.Base + n*perMessage - 1
	if s.Bulk {
		k, size = s.Base+n*BulkSize-1, BulkSize
	}
	m := &maker{at: at}
	m.Stage = activity.Stage{Dir: s.Dir, Dice: d, Next: func() int64 { k++; return k }}
	for len(m.rows) < min(size, perMessage-4) {
		if s.Bulk {
			m.bulk()
		} else {
			m.one()
		}
	}
	out := make([]hunt.Record, len(m.rows))
	for i, r := range m.rows {
		exported := at.Add(-time.Duration(d.IntN(900)) * time.Millisecond).Truncate(100)
		if exported.Before(r.At) {
			exported = r.At
		}
		out[i] = hunt.Record{Row: r, Received: r.At.Add(exported.Sub(r.At) * 2 / 3).Truncate(100), Exported: exported}
	}
	return out
}

// when returns the time of an event that arrives now.
func (m *maker) when() time.Time { return m.at.Add(-m.Dice.Lateness()).Truncate(100) }

func (m *maker) add(r *hunt.Row) *hunt.Row {
	m.rows = append(m.rows, r)
	return r
}

func (m *maker) one() {
	kinds := []struct {
		weight int
		make   func()
	}{
		{22, m.process}, {24, m.connection}, {13, m.file}, {7, m.registry}, {6, m.logon}, {9, m.image}, {8, m.device}, {3, m.certificate}, {4, m.inventory}, {3, m.adapter},
		{6, m.mail}, {2, m.click}, {1, m.purge}, {7, m.signIn}, {4, m.domainLogon}, {2, m.query}, {1, m.directoryChange}, {9, m.cloud},
	}
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	n := m.Dice.IntN(total)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			k.make()
			return
		}
	}
}

// bulk makes exactly one row with one record number.
func (m *maker) bulk() {
	switch m.Dice.IntN(4) {
	case 0:
		m.connection()
	case 1:
		m.file()
	default:
		m.process()
	}
}

// worker returns a person at a device, and the device; one time in five a server and its system account.
func (m *maker) worker() (*directory.Device, activity.Account) {
	if m.Dice.Chance(0.2) {
		return dice.Pick(m.Dice, m.Dir.Servers), activity.System()
	}
	u := dice.Pick(m.Dice, m.Dir.People)
	return u.Device, activity.AccountOf(u)
}

type program struct{ folder, name, company, command string }

func programs(windows bool) []program {
	if !windows {
		return []program{{"/usr/bin", "bash", "", "bash -c 'uptime'"}, {"/usr/sbin", "cron", "", "/usr/sbin/cron -f"}, {"/usr/bin", "python3", "", "python3 /opt/app/worker.py"}, {"/usr/bin", "curl", "", "curl -s https://updates.contoso.com/agent"}}
	}
	return []program{
		{`C:\Program Files (x86)\Microsoft\Edge\Application`, "msedge.exe", "Microsoft Corporation", `"msedge.exe" --type=renderer --lang=en-US`},
		{`C:\Program Files\Google\Chrome\Application`, "chrome.exe", "Google LLC", `"chrome.exe" --type=utility --utility-sub-type=network`},
		{`C:\Program Files\Microsoft Office\root\Office16`, "OUTLOOK.EXE", "Microsoft Corporation", `"OUTLOOK.EXE"`},
		{`C:\Program Files\Microsoft Office\root\Office16`, "EXCEL.EXE", "Microsoft Corporation", `"EXCEL.EXE" "C:\Users\Public\Documents\budget.xlsx"`},
		{`C:\Program Files\WindowsApps\MSTeams`, "ms-teams.exe", "Microsoft Corporation", `"ms-teams.exe" --autostart`},
		{`C:\Windows\System32`, "svchost.exe", "Microsoft Corporation", `svchost.exe -k netsvcs -p -s Schedule`},
		{`C:\Windows\System32`, "taskhostw.exe", "Microsoft Corporation", `taskhostw.exe`},
		{`C:\Windows\System32`, "conhost.exe", "Microsoft Corporation", `conhost.exe 0xffffffff -ForceV1`},
		{`C:\Windows\System32\WindowsPowerShell\v1.0`, "powershell.exe", "Microsoft Corporation", `powershell.exe -NoProfile -File C:\ProgramData\Inventory\collect.ps1`},
		{`C:\Windows\System32`, "cmd.exe", "Microsoft Corporation", `cmd.exe /c "net use Z: \\srv-fs01\share"`},
		{`C:\Program Files\Windows Defender Advanced Threat Protection`, "SenseIR.exe", "Microsoft Corporation", `"SenseIR.exe" "OnlineSenseIR"`},
	}
}

func (m *maker) program(at time.Time) *activity.Proc {
	dev, as := m.worker()
	p := dice.Pick(m.Dice, programs(dev.IsWindows()))
	return m.NewProc(at, dev, m.Shell(at, dev, as), as, activity.NewFile(p.folder, p.name, p.name, p.company), p.command)
}

func (m *maker) process() { m.add(m.Process(m.program(m.when()))) }

func (m *maker) connection() {
	at := m.when()
	hosts := []struct {
		ip, url string
	}{{"13.107.42.14", "outlook.office365.com"}, {"20.190.160.4", "login.microsoftonline.com"}, {"52.113.194.132", "teams.microsoft.com"}, {"13.107.136.10", "contoso.sharepoint.com"}, {"151.101.1.69", ""}, {"10.10.1.10", ""}, {"20.42.65.92", "eu-v20.events.data.microsoft.com"}}
	h := dice.Pick(m.Dice, hosts)
	action := "ConnectionSuccess"
	if m.Dice.Chance(0.07) {
		action = "ConnectionFailed"
	}
	m.add(m.Connection(at, m.program(at.Add(-m.Dice.Between(time.Second, time.Hour))), action, h.ip, dice.Pick(m.Dice, []int{443, 443, 443, 80, 445, 389}), h.url))
}

func (m *maker) file() {
	at := m.when()
	p := m.program(at.Add(-m.Dice.Between(time.Second, time.Hour)))
	folder := `C:\Users\` + p.Account.Name + `\AppData\Local\Temp`
	if !p.Device.IsWindows() {
		folder = "/var/tmp"
	}
	name := fmt.Sprintf("%s.%s", m.Dice.Hex(4), dice.Pick(m.Dice, []string{"tmp", "json", "log", "docx", "ini", "dll"}))
	m.add(m.Wrote(at, p, dice.Pick(m.Dice, []string{"FileCreated", "FileCreated", "FileModified", "FileDeleted", "FileRenamed"}), activity.NewFile(folder, name, name, "")))
}

func (m *maker) windows() *activity.Proc {
	for {
		at := m.when()
		if p := m.program(at); p.Device.IsWindows() {
			return p
		}
	}
}

func (m *maker) registry() {
	p := m.windows()
	key := dice.Pick(m.Dice, []string{`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update`, `HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Common\Identity`, `HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\bam\State`})
	m.add(m.Registry(p.Created.Add(time.Second), p, dice.Pick(m.Dice, []string{"RegistryValueSet", "RegistryValueSet", "RegistryKeyCreated", "RegistryValueDeleted"}), key, "LastRun", "Qword", fmt.Sprint(m.Dice.Uint32())))
}

func (m *maker) logon() {
	dev, as := m.worker()
	from := ""
	if dev.Server {
		from = dice.Pick(m.Dice, m.Dir.Devices).IP
	}
	m.add(m.Logon(m.when(), dev, as, dice.Pick(m.Dice, []string{"Interactive", "Network", "Unlock", "Batch", "Service"}), from, m.Dice.Chance(0.94)))
}

func (m *maker) image() {
	p := m.windows()
	m.add(m.Loaded(p.Created.Add(20*time.Millisecond), p, activity.Windows(dice.Pick(m.Dice, []string{"amsi.dll", "crypt32.dll", "mscoree.dll", "samlib.dll", "vaultcli.dll"}))))
}

func (m *maker) device() {
	p := m.windows()
	at := p.Created.Add(time.Second)
	switch m.Dice.IntN(4) {
	case 0:
		m.add(m.Observed(at, p, "AntivirusScanCompleted", map[string]any{"ScanTypeIndex": "Quick", "ScanId": strings.ToUpper(m.Dice.GUID())}))
	case 1:
		m.add(m.Observed(at, p, "PowerShellCommand", map[string]any{"Command": "Get-CimInstance"}))
	case 2:
		m.add(m.Observed(at, p, "ScheduledTaskUpdated", map[string]any{"TaskName": `\Microsoft\Windows\UpdateOrchestrator\Schedule Scan`, "SubjectUserName": p.Account.Name}))
	default:
		m.add(m.Observed(at, p, "DnsQueryResponse", map[string]any{"DnsQueryString": "outlook.office365.com", "DnsQueryResult": `[{"Result":"13.107.42.14","DnsQueryType":"A"}]`}))
	}
}

func (m *maker) certificate() {
	p := m.windows()
	m.add(m.Certificate(p.Created, p.Device, p.File))
}

func (m *maker) inventory() { m.add(m.Inventory(m.when(), dice.Pick(m.Dice, m.Dir.Devices))) }

func (m *maker) adapter() { m.add(m.Adapter(m.when(), dice.Pick(m.Dice, m.Dir.Devices))) }
