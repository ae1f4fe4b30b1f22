package kqlbench

import "fmt"

// What few rows hold, to be looked for.
const (
	needleTerm  = "zq7needle"                 // one command line
	needleHost  = "c2-needle.badsite.example" // a few connections, one day
	needleHash  = "00000000000000000000000000000000000000000000000000000000deadbeef"
	needlePlace = 17 // the day
)

// process is one row of DeviceProcessEvents.
func (t *tenant) process(r *rows, d dice, at int64, day, i int) {
	dev, who := often(d, t.devices), often(d, t.people)
	p, parent, grand := often(d, t.programs), often(d, t.programs), often(d, t.programs)
	command, sha := t.command(d, p, who.name), p.sha256
	if day == needlePlace && i == 777 {
		command, sha = `C:\Temp\run.exe /go `+needleTerm, needleHash
	}
	r.time("TimeGenerated", at)
	r.text("DeviceId", dev.id)
	r.text("DeviceName", dev.name)
	r.text("ActionType", "ProcessCreated")
	r.text("FileName", p.name)
	r.text("FolderPath", p.folder+p.name)
	r.text("SHA1", p.sha1)
	r.text("SHA256", sha)
	r.text("MD5", p.md5)
	r.long("FileSize", int64(10000+len(p.sha1)*d.few(4000)))
	r.text("ProcessVersionInfoCompanyName", p.company)
	r.text("ProcessVersionInfoProductName", p.company+" "+p.name)
	r.text("ProcessVersionInfoOriginalFileName", p.name)
	r.long("ProcessId", int64(d.IntN(32768)))
	r.text("ProcessCommandLine", command)
	r.text("ProcessIntegrityLevel", pick(d, []string{"Medium", "Medium", "High", "System", "Low"}))
	r.text("ProcessTokenElevation", pick(d, []string{"TokenElevationTypeLimited", "TokenElevationTypeDefault", "TokenElevationTypeFull"}))
	r.time("ProcessCreationTime", at-int64(d.IntN(10_000_000)))
	r.text("AccountDomain", "contoso")
	r.text("AccountName", who.name)
	r.text("AccountSid", who.sid)
	r.text("AccountUpn", who.upn)
	r.text("AccountObjectId", who.id)
	r.long("LogonId", int64(d.IntN(1<<30)))
	t.initiating(r, d, at, parent, who)
	r.long("InitiatingProcessParentId", int64(d.IntN(32768)))
	r.text("InitiatingProcessParentFileName", grand.name)
	r.long("ReportId", int64(i))
	r.json("AdditionalFields", fmt.Sprintf(`{"SignatureStatus":"%s","Score":%d,"Origin":{"Name":"%s","Pid":%d}}`, pick(d, []string{"Valid", "Valid", "Valid", "Unsigned", "Unknown"}), d.IntN(100), grand.name, d.IntN(32768)))
	r.text("MachineGroup", dev.group)
}

// initiating are the columns of the process behind an event.
func (t *tenant) initiating(r *rows, d dice, at int64, p program, who person) {
	r.text("InitiatingProcessFileName", p.name)
	r.text("InitiatingProcessFolderPath", p.folder+p.name)
	r.text("InitiatingProcessCommandLine", t.command(d, p, who.name))
	r.long("InitiatingProcessId", int64(d.IntN(32768)))
	r.text("InitiatingProcessSHA1", p.sha1)
	r.text("InitiatingProcessSHA256", p.sha256)
	r.text("InitiatingProcessMD5", p.md5)
	r.text("InitiatingProcessIntegrityLevel", pick(d, []string{"Medium", "High", "System"}))
	r.text("InitiatingProcessAccountDomain", "contoso")
	r.text("InitiatingProcessAccountName", who.name)
	r.text("InitiatingProcessAccountSid", who.sid)
	r.text("InitiatingProcessAccountUpn", who.upn)
	r.time("InitiatingProcessCreationTime", at-int64(d.IntN(1<<40)))
	r.text("InitiatingProcessVersionInfoCompanyName", p.company)
}

// network is one row of DeviceNetworkEvents.
func (t *tenant) network(r *rows, d dice, at int64, day, i int) {
	dev, who, p := often(d, t.devices), often(d, t.people), often(d, t.programs)
	k := d.few(len(t.hosts))
	url, ip := t.hosts[k], t.peers[k]
	if d.chance(0.3) {
		url = ""
	}
	if day == needlePlace && i%5000 == 9 {
		url, ip = needleHost, "198.51.100.77"
	}
	r.time("TimeGenerated", at)
	r.text("DeviceId", dev.id)
	r.text("DeviceName", dev.name)
	r.text("ActionType", pick(d, []string{"ConnectionSuccess", "ConnectionSuccess", "ConnectionSuccess", "ConnectionFailed", "ConnectionAttempt", "DnsConnectionInspected"}))
	r.text("RemoteIP", ip)
	r.int("RemotePort", []int64{443, 443, 443, 80, 53, 445, 3389, 8080, 22, 88}[d.few(10)])
	r.text("RemoteUrl", url)
	r.text("RemoteIPType", "Public")
	r.text("LocalIP", dev.ip)
	r.int("LocalPort", int64(49152+d.IntN(16000)))
	r.text("Protocol", pick(d, []string{"Tcp", "Tcp", "Tcp", "Udp"}))
	t.initiating(r, d, at, p, who)
	r.long("ReportId", int64(i))
	r.json("AdditionalFields", fmt.Sprintf(`{"Direction":"%s","BytesOut":%d}`, pick(d, []string{"Out", "In"}), d.few(10_000_000)))
	r.text("MachineGroup", dev.group)
}

// file is one row of DeviceFileEvents.
func (t *tenant) file(r *rows, d dice, at int64, _, i int) {
	dev, who, p := often(d, t.devices), often(d, t.people), often(d, t.programs)
	ext := often(d, []string{"tmp", "dll", "exe", "log", "txt", "docx", "xlsx", "json", "pdf", "js", "ps1", "docm", "zip", "lnk", "iso", "vbs"})
	name := fmt.Sprintf("%s-%d.%s", pick(d, []string{"report", "cache", "setup", "data", "invoice", "update", "temp"}), d.few(50_000), ext)
	folder := pick(d, []string{`C:\Users\` + who.name + `\AppData\Local\Temp\`, `C:\Users\` + who.name + `\Downloads\`, `C:\Users\Public\`, `C:\Windows\Temp\`, `C:\ProgramData\Vendor\`})
	n := uint64(d.few(200_000))
	r.time("TimeGenerated", at)
	r.text("DeviceId", dev.id)
	r.text("DeviceName", dev.name)
	r.text("ActionType", often(d, []string{"FileCreated", "FileModified", "FileRenamed", "FileDeleted"}))
	r.text("FileName", name)
	r.text("FolderPath", folder+name)
	r.text("SHA1", hash(20, n))
	r.text("SHA256", hash(32, n))
	r.long("FileSize", int64(d.few(50_000_000)))
	r.text("FileOriginUrl", map[bool]string{true: "https://" + often(d, t.hosts) + "/dl"}[d.chance(0.05)])
	t.initiating(r, d, at, p, who)
	r.text("RequestAccountName", who.name)
	r.long("ReportId", int64(i))
	r.text("MachineGroup", dev.group)
}

// info is one row of DeviceInfo.
func (t *tenant) info(r *rows, d dice, at int64, _, i int) {
	dev := t.devices[i%len(t.devices)]
	r.time("TimeGenerated", at)
	r.text("DeviceId", dev.id)
	r.text("DeviceName", dev.name)
	r.text("OSPlatform", dev.os)
	r.text("OSVersion", "10.0")
	r.long("OSBuild", int64(22000+d.few(1000)))
	r.text("PublicIP", d.publicIP())
	r.text("MachineGroup", dev.group)
	r.text("OnboardingStatus", pick(d, []string{"Onboarded", "Onboarded", "Can be onboarded"}))
	r.text("ExposureLevel", pick(d, []string{"Low", "Medium", "High"}))
	r.bool("IsAzureADJoined", d.chance(0.8))
	who := often(d, t.people)
	r.json("LoggedOnUsers", fmt.Sprintf(`[{"UserName":"%s","DomainName":"contoso","Sid":"%s"}]`, who.name, who.sid))
	r.long("ReportId", int64(i))
}
