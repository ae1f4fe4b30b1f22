package activity

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// Process records the start of the process.
func (g *Stage) Process(p *Proc) *hunt.Row {
	r := by(g.device("DeviceProcessEvents", p.Created, p.Device, "ProcessCreated"), p.Parent)
	file(r, p.File).Set("ProcessId", p.PID).Set("ProcessCommandLine", p.Command).Set("ProcessCreationTime", p.Created)
	r.Set("AccountDomain", p.Account.Domain).Set("AccountName", p.Account.Name).Set("AccountSid", p.Account.SID).Set("LogonId", p.Logon)
	if p.Account.UPN != "" {
		r.Set("AccountUpn", p.Account.UPN).Set("AccountObjectId", p.Account.ObjectID)
	}
	r.Set("ProcessIntegrityLevel", p.Integrity).Set("ProcessTokenElevation", "TokenElevationTypeDefault").Set("ProcessVersionInfoCompanyName", p.File.Company)
	return r.Set("ProcessVersionInfoOriginalFileName", p.File.Name).Set("CreatedProcessSessionId", int64(1)).Set("ProcessUniqueId", uniqueID(p)).Set("AdditionalFields", "{}")
}

// Connection records a network connection of the process; url may be "".
func (g *Stage) Connection(at time.Time, p *Proc, action, ip string, port int, url string) *hunt.Row {
	r := by(g.device("DeviceNetworkEvents", at, p.Device, action), p).Set("RemoteIP", ip).Set("RemotePort", port).Set("LocalIP", p.Device.IP)
	r.Set("LocalPort", 49152+g.Dice.IntN(16000)).Set("Protocol", "Tcp").Set("LocalIPType", "Private").Set("RemoteIPType", ipType(ip))
	if url != "" {
		r.Set("RemoteUrl", url)
	}
	return r
}

func ipType(ip string) string {
	if strings.HasPrefix(ip, "10.") {
		return "Private"
	}
	return "Public"
}

// Wrote records what a process did to a file: FileCreated, FileModified, FileRenamed, FileDeleted.
func (g *Stage) Wrote(at time.Time, p *Proc, action string, f *File) *hunt.Row {
	r := file(by(g.device("DeviceFileEvents", at, p.Device, action), p), f)
	r.Set("InitiatingProcessIntegrityLevel", p.Integrity).Set("RequestProtocol", "Local").Set("RequestAccountName", p.Account.Name)
	return r.Set("RequestAccountDomain", p.Account.Domain).Set("RequestAccountSid", p.Account.SID).Set("AdditionalFields", map[string]string{"FileType": fileType(f.Name)})
}

func fileType(name string) string {
	switch {
	case strings.HasSuffix(name, ".exe"), strings.HasSuffix(name, ".dll"):
		return "PortableExecutable"
	case strings.HasSuffix(name, ".zip"):
		return "Zip"
	}
	return "Unknown"
}

// Registry records a registry change: RegistryValueSet, RegistryKeyCreated, RegistryValueDeleted.
func (g *Stage) Registry(at time.Time, p *Proc, action, key, name, kind, data string) *hunt.Row {
	return by(g.device("DeviceRegistryEvents", at, p.Device, action), p).Set("RegistryKey", key).Set("RegistryValueName", name).
		Set("RegistryValueType", kind).Set("RegistryValueData", data)
}

// Loaded records that the process loaded a library.
func (g *Stage) Loaded(at time.Time, p *Proc, f *File) *hunt.Row {
	return file(by(g.device("DeviceImageLoadEvents", at, p.Device, "ImageLoaded"), p), f)
}

// Observed records any other event on the device; fields go to AdditionalFields.
func (g *Stage) Observed(at time.Time, p *Proc, action string, fields any) *hunt.Row {
	return by(g.device("DeviceEvents", at, p.Device, action), p).Set("AdditionalFields", fields)
}

// Touched records an event about a file that is not a file operation, such as an antivirus detection.
func (g *Stage) Touched(at time.Time, p *Proc, action string, f *File, fields any) *hunt.Row {
	return file(g.Observed(at, p, action, fields), f)
}

// Logon records a logon on the device; from is the remote address, "" for a local one.
func (g *Stage) Logon(at time.Time, dev *directory.Device, as Account, kind, from string, ok bool) *hunt.Row {
	action := "LogonSuccess"
	if !ok {
		action = "LogonFailed"
	}
	r := by(g.device("DeviceLogonEvents", at, dev, action), g.lsass(at, dev))
	r.Set("AccountDomain", as.Domain).Set("AccountName", as.Name).Set("AccountSid", as.SID).Set("LogonType", kind).Set("LogonId", int64(100000+g.Dice.IntN(900000)))
	if from != "" {
		r.Set("RemoteIP", from).Set("RemoteIPType", ipType(from)).Set("Protocol", "NTLM").Set("RemotePort", 49152+g.Dice.IntN(16000))
	}
	if !ok {
		r.Set("FailureReason", "InvalidUserNameOrPassword")
	} else {
		r.Set("IsLocalAdmin", false)
	}
	return r.Set("AdditionalFields", map[string]any{"IsLocalLogon": from == ""})
}

func (g *Stage) lsass(at time.Time, dev *directory.Device) *Proc {
	root := g.root(at, dev, System())
	if !dev.IsWindows() {
		return root
	}
	return &Proc{Device: dev, File: Windows("lsass.exe"), Command: "lsass.exe", PID: root.PID + 16, Created: root.Created.Add(time.Second), Account: System(), Parent: root, Integrity: "System", Logon: 999}
}

// Certificate records what is known of a file's signature.
func (g *Stage) Certificate(at time.Time, dev *directory.Device, f *File) *hunt.Row {
	r := g.device("DeviceFileCertificateInfo", at, dev, "").Set("SHA1", f.SHA1).Set("SignatureType", "Embedded").Set("CrlDistributionPointUrls", "[]")
	if f.Company == "" {
		return r.Set("SignatureType", "")
	}
	signer := NewFile("", "", "signer "+f.Company, "")
	issued := time.Date(2024, 9, 12, 20, 11, 14, 0, time.UTC)
	r.Set("IsSigned", true).Set("IsTrusted", true).Set("IsRootSignerMicrosoft", f.Company == "Microsoft Corporation").Set("Signer", f.Company).Set("SignerHash", signer.SHA1)
	r.Set("Issuer", "Microsoft Code Signing PCA 2011").Set("IssuerHash", signer.SHA256[:40]).Set("CertificateSerialNumber", "330000"+signer.MD5)
	r.Set("CrlDistributionPointUrls", []string{"http://crl.contoso.com/pki/" + signer.MD5[:8] + ".crl"})
	return r.Set("CertificateCreationTime", issued).Set("CertificateExpirationTime", issued.AddDate(1, 0, 0))
}

// Inventory records what the device says of itself, as it does several times a day. Its ReportId has 18 digits.
func (g *Stage) Inventory(at time.Time, dev *directory.Device) *hunt.Row {
	r := g.device("DeviceInfo", at, dev, "")
	r.Set("ReportId", 630_000_000_000_000_000+g.Next())
	client, version := "10.8799."+dev.Build+".1006", "10.0"
	if !dev.IsWindows() {
		client, version = "30.125082.0006.0", dev.Version
	}
	r.Set("ClientVersion", client).Set("PublicIP", dev.PublicIP).Set("OSArchitecture", dev.Arch).Set("OSPlatform", dev.Platform).Set("OSVersion", version)
	r.Set("IsAzureADJoined", !dev.Server).Set("AadDeviceId", dev.AADID).Set("Vendor", dev.Vendor).Set("Model", dev.Model).Set("OnboardingStatus", "Onboarded")
	r.Set("DeviceCategory", dev.Category).Set("DeviceType", dev.Type).Set("OSVersionInfo", dev.VersionInfo).Set("OSDistribution", dev.Distribution)
	r.Set("JoinType", map[bool]string{true: "Domain Joined", false: "Hybrid Azure AD Join"}[dev.Server]).Set("SensorHealthState", "Active")
	r.Set("ExposureLevel", "Medium").Set("HardwareUuid", dev.UUID).Set("ConnectivityType", "Streamlined").Set("LoggedOnUsers", "[]")
	if u := dev.Owner; u != nil {
		r.Set("LoggedOnUsers", []map[string]string{{"UserName": u.Account, "DomainName": directory.NTDomain, "Sid": u.SID}})
	}
	if dev.Build != "" {
		r.Set("OSBuild", atoi(dev.Build))
	}
	if dev.DC {
		r.Set("IsInternetFacing", false).Set("AssetValue", "High")
	}
	return r
}

func atoi(s string) int64 {
	var n int64
	for _, c := range s {
		n = n*10 + int64(c-'0')
	}
	return n
}

// Adapter records the state of the device's network adapter.
func (g *Stage) Adapter(at time.Time, dev *directory.Device) *hunt.Row {
	r := g.device("DeviceNetworkInfo", at, dev, "").Set("NetworkAdapterName", "{"+strings.ToUpper(dev.UUID)+"}").Set("NetworkAdapterType", "Ethernet").Set("NetworkAdapterStatus", "Up")
	r.Set("TunnelType", "None").Set("MacAddress", dev.MAC).Set("IPv4Dhcp", dev.Gateway)
	r.Set("IPAddresses", []map[string]any{{"IPAddress": dev.IP, "SubnetPrefix": 24, "AddressType": "Private"}})
	return r.Set("DefaultGateways", fmt.Sprintf("[%q]", dev.Gateway)).Set("DnsAddresses", fmt.Sprintf("[%q]", "10.10.1.10"))
}
