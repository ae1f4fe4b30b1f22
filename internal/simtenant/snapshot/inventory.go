package snapshot

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/huntql"
)

// sensed calls f for every device that has a sensor, with the dice of one subject.
func sensed(v View, subject string, f func(*directory.Device, *dice.Dice) error) error {
	for _, dev := range v.Dir.Devices {
		if dev.Type == "Mobile" {
			continue
		}
		if err := f(dev, dice.New(v.Seed, subject, dev.ID)); err != nil {
			return err
		}
	}
	return nil
}

type extension struct {
	browser, id, name, text, version, vendor, risk string
	share                                          float64
	permissions                                    []permission
}

type permission struct{ id, name, text, risk, required string }

func extensions() []extension {
	tabs := permission{"tabs", "Tabs", "Reads the addresses of open pages.", "Medium", "true"}
	all := permission{"<all_urls>", "All pages", "Reads and changes all pages.", "High", "true"}
	keep := permission{"storage", "Storage", "Keeps settings.", "Low", "true"}
	return []extension{
		{"edge", "odfafepnkmbhccpbejgmiehpchacaeak", "uBlock Origin", "Leaves out advertisements.", "1.62.0", "Raymond Hill", "Medium", 0.3, []permission{all, keep}},
		{"chrome", "aeblfdkhhhdcdjpifhhbdiojplfjncoa", "1Password", "Fills in passwords.", "8.11.14", "AgileBits", "Medium", 0.2, []permission{all, tabs, keep}},
		{"chrome", "ghbmnnjooekpmoecnnnilnnbdlolhkhi", "Google Docs Offline", "Edits documents without a connection.", "1.93.1", "Google", "Low", 0.5, []permission{keep}},
		{"edge", "ihnfpdchjnmlehnoeffgcbmjmdkmhlnp", "PDF Helper Pro", "Converts files.", "2.0.4", "", "High", 0.03, []permission{all, tabs, {"webRequest", "Requests", "Sees what pages ask for.", "High", "false"}}},
	}
}

func browserExtensions() table {
	return table{huntql.Table{Name: "DeviceTvmBrowserExtensions", Columns: columns(`DeviceId string, BrowserName string, ExtensionId string, ExtensionName string, ExtensionDescription string,
		ExtensionVersion string, ExtensionRisk string, ExtensionVendor string, IsActivated string, InstallationTime datetime`)}, func(v View, f func([]any) error) error {
		return sensed(v, "extensions", func(dev *directory.Device, d *dice.Dice) error {
			for _, x := range extensions() {
				has, on, age := d.Chance(x.share), d.Chance(0.85), d.Between(24*time.Hour, 400*24*time.Hour)
				if !has || dev.Server || x.browser == "edge" && !dev.IsWindows() {
					continue
				}
				if err := f([]any{dev.ID, x.browser, x.id, x.name, x.text, x.version, x.risk, orNil(x.vendor), fmt.Sprint(on), when(v.Started.Add(-age).Truncate(time.Second))}); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

func browserExtensionsKB() table {
	return table{huntql.Table{Name: "DeviceTvmBrowserExtensionsKB", Columns: columns(`BrowserName string, ExtensionId string, ExtensionName string, ExtensionDescription string, ExtensionVersion dynamic,
		ExtensionRisk string, PermissionId string, PermissionName string, PermissionDescription string, PermissionRisk string, IsPermissionRequired string`)}, func(_ View, f func([]any) error) error {
		for _, x := range extensions() {
			for _, p := range x.permissions {
				if err := f([]any{x.browser, x.id, x.name, x.text, []any{x.version}, x.risk, p.id, p.name, p.text, p.risk, p.required}); err != nil {
					return err
				}
			}
		}
		return nil
	}}
}

func certificates() table {
	const day = "2006-01-02T15:04:05Z"
	return table{huntql.Table{Name: "DeviceTvmCertificateInfo", Columns: columns(`DeviceId string, Thumbprint string, Path string, SerialNumber string, IssuedTo dynamic, IssuedBy dynamic,
		FriendlyName string, SignatureAlgorithm string, KeySize string, ExpirationDate string, IssueDate string, SubjectType string, KeyUsage string, ExtendedKeyUsage string`)}, func(v View, f func([]any) error) error {
		return sensed(v, "certificates", func(dev *directory.Device, d *dice.Dice) error {
			if !dev.IsWindows() {
				return nil
			}
			name := func(common, org string) map[string]any {
				return map[string]any{"CommonName": common, "OrganizationName": org, "Country": "US"}
			}
			for _, c := range []struct {
				store, to, friendly, usage, extended string
				years, share                         float64
				size                                 string
				root                                 bool
			}{
				{"LocalMachine/My", dev.DNS, "Computer", "Digital_Signature, Key_Encipherment", "Client Authentication, Server Authentication", 1, 0.95, "2048", false},
				{"LocalMachine/Root", "Contoso Root CA", "Contoso Root CA", "Certificate_Signing, CRL_Signing", "", 10, 1, "4096", true},
				{"LocalMachine/WebHosting", "intranet.contoso.com", "Intranet", "Digital_Signature, Key_Encipherment", "Server Authentication", 1, 0.04, "1024", false},
			} {
				has, issued := d.Chance(c.share), v.Started.UTC().Truncate(24*time.Hour).Add(-d.Between(24*time.Hour, 380*24*time.Hour)).Truncate(time.Second)
				thumb, serial := strings.ToUpper(d.Hex(20)), strings.ToUpper(d.Hex(16))
				if !has {
					continue
				}
				kind, algorithm := "End Entity", "sha256RSA"
				if c.root {
					kind = "CA"
					thumb, serial = "5F4A3B2C1D0E9F8A7B6C5D4E3F2A1B0C9D8E7F6A", "1A2B3C4D5E6F70819293A4B5C6D7E8F9" // the same on all
				}
				if c.size == "1024" {
					algorithm = "sha1RSA"
				}
				if err := f([]any{dev.ID, thumb, c.store, serial, name(c.to, "Contoso"), name("Contoso Root CA", "Contoso"), c.friendly, algorithm, c.size,
					issued.Add(time.Duration(c.years * 365 * 24 * float64(time.Hour))).Format(day), issued.Format(day), kind, c.usage, orNil(c.extended)}); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

func firmware() table {
	return table{huntql.Table{Name: "DeviceTvmHardwareFirmware", Columns: columns(`DeviceId string, DeviceName string, ComponentType string, Manufacturer string, ComponentName string, ComponentFamily string,
		ComponentVersion string, AdditionalFields dynamic`)}, func(v View, f func([]any) error) error {
		return sensed(v, "firmware", func(dev *directory.Device, d *dice.Dice) error {
			maker, processor, family := "intel", "core_ultra_7_165u_processor", "core_ultra"
			if dev.Arch == "ARM64" {
				maker, processor, family = "apple", "m3_pro", "m3"
			} else if dev.Server {
				maker, processor, family = "amd", "epyc_9354_processor", "epyc"
			}
			vendor := strings.ToLower(strings.Fields(dev.Vendor)[0])
			for _, c := range [][]any{
				{"Hardware", strings.Trim(vendor, ",."), strings.ToLower(strings.ReplaceAll(dev.Model, " ", "_")), nil, nil, map[string]any{"SerialNumber": strings.ToUpper(d.Hex(4))}},
				{"Processor", maker, processor, family, nil, map[string]any{"NumberOfCores": 8 + 4*d.IntN(3)}},
				{"Bios", strings.Trim(vendor, ",."), "bios", nil, fmt.Sprintf("1.%d.%d", 5+d.IntN(20), d.IntN(9)), map[string]any{"SecureBoot": d.Chance(0.9)}},
			} {
				if err := f(append([]any{dev.ID, dev.DNS}, c...)); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

func softwareEvidence() table {
	return table{huntql.Table{Name: "DeviceTvmSoftwareEvidenceBeta", Columns: columns(`DeviceId string, SoftwareVendor string, SoftwareName string, SoftwareVersion string, RegistryPaths dynamic,
		DiskPaths dynamic, LastSeenTime string`)}, func(v View, f func([]any) error) error {
		return installed(v, func(dev *directory.Device, s software) error {
			registry, disk := []any{}, []any{"/usr/lib/" + s.name}
			if dev.IsWindows() {
				registry = []any{`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\` + s.name}
				disk = []any{`c:\program files\` + s.vendor + `\` + s.name + `\` + s.name + `.exe`}
			}
			seen := v.Now.UTC().Truncate(24 * time.Hour).Add(-dice.New(v.Seed, "evidence", dev.ID, s.name).Between(0, 20*time.Hour)).Truncate(time.Second)
			return f([]any{dev.ID, s.vendor, s.name, s.version, registry, disk, seen.Format("2006-01-02 15:04:05")})
		})
	}}
}
