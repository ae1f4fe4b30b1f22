package snapshot

import (
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/huntql"
)

// flaw is a vulnerability of a version of a program. The numbers are made up and lie outside those given out.
type flaw struct {
	cve, level, text string
	score            float64
	exploit          bool
	update           string
}

type software struct {
	vendor, name, version, platform string // platform: Windows, macOS, Linux or "" for all
	share                           float64
	endOfSupport                    time.Time
	flaws                           []flaw
}

func catalog() []software {
	end := time.Date(2025, 10, 14, 0, 0, 0, 0, time.UTC)
	return []software{
		{"microsoft", "edge_chromium-based", "141.0.3537.71", "Windows", 1, time.Time{}, nil},
		{"microsoft", "office", "16.0.18730.20220", "Windows", 0.9, time.Time{}, []flaw{{"CVE-2026-990101", "High", "A document can run code when it is opened.", 7.8, true, "November 2026 Security Updates"}}},
		{"microsoft", "windows_10", "10.0.19045.6456", "Windows10", 1, end, []flaw{{"CVE-2026-990102", "Critical", "A crafted packet can run code on the computer.", 9.8, false, "November 2026 Security Updates"}}},
		{"google", "chrome", "140.0.7339.128", "", 0.7, time.Time{}, []flaw{{"CVE-2026-990103", "High", "A page can read memory of other pages.", 8.8, true, "Google Chrome 141.0.7390.54"}}},
		{"7-zip", "7-zip", "22.01", "Windows", 0.4, time.Time{}, []flaw{{"CVE-2026-990104", "Medium", "An archive can write outside its folder.", 5.5, false, "7-Zip 25.01"}}},
		{"oracle", "jre", "8.0.3510.10", "Windows", 0.15, time.Time{}, []flaw{{"CVE-2026-990105", "High", "An applet can leave its sandbox.", 7.5, false, "Java 8 Update 471"}, {"CVE-2026-990106", "Low", "Time zones are computed wrongly.", 3.1, false, "Java 8 Update 471"}}},
		{"python", "python", "3.8.10", "Linux", 0.8, time.Date(2024, 10, 7, 0, 0, 0, 0, time.UTC), []flaw{{"CVE-2026-990107", "Medium", "A crafted archive takes all memory.", 6.2, false, "Python 3.13"}}},
		{"openbsd", "openssh", "8.9p1", "Linux", 1, time.Time{}, []flaw{{"CVE-2026-990108", "Critical", "A client can run code before it signs in.", 9.1, true, "openssh 9.8p1"}}},
		{"apple", "safari", "18.6", "macOS", 1, time.Time{}, nil},
	}
}

// installed calls f for every program on every device that has a sensor.
func installed(v View, f func(*directory.Device, software) error) error {
	for _, dev := range v.Dir.Devices {
		if dev.Type == "Mobile" {
			continue
		}
		d := dice.New(v.Seed, "software", dev.ID)
		for _, s := range catalog() {
			has := d.Chance(s.share)
			fits := s.platform == "" || s.platform == dev.Platform || s.platform == "Windows" && dev.IsWindows()
			if !has || !fits {
				continue
			}
			if err := f(dev, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func softwareInventory() table {
	return table{huntql.Table{Name: "DeviceTvmSoftwareInventory", Columns: columns(`DeviceId string, DeviceName string, OSPlatform string, OSVersion string, OSArchitecture string, SoftwareVendor string,
		SoftwareName string, SoftwareVersion string, EndOfSupportStatus string, EndOfSupportDate datetime, ProductCodeCpe string`)}, func(v View, f func([]any) error) error {
		return installed(v, func(dev *directory.Device, s software) error {
			status := ""
			if !s.endOfSupport.IsZero() && s.endOfSupport.Before(v.Now) {
				status = "EOS Version"
			}
			return f([]any{dev.ID, dev.DNS, dev.Platform, dev.Version, dev.Arch, s.vendor, s.name, s.version, status, when(s.endOfSupport), "cpe:2.3:a:" + s.vendor + ":" + s.name + ":" + s.version + ":*:*:*:*:*:*:*"})
		})
	}}
}

func vulnerabilities() table {
	return table{huntql.Table{Name: "DeviceTvmSoftwareVulnerabilities", Columns: columns(`DeviceId string, DeviceName string, OSPlatform string, OSVersion string, OSArchitecture string, SoftwareVendor string,
		SoftwareName string, SoftwareVersion string, CveId string, VulnerabilitySeverityLevel string, RecommendedSecurityUpdate string, RecommendedSecurityUpdateId string, CveTags dynamic`)}, func(v View, f func([]any) error) error {
		return installed(v, func(dev *directory.Device, s software) error {
			for _, x := range s.flaws {
				tags := any(nil)
				if x.exploit {
					tags = []any{"ExploitAvailable"}
				}
				if err := f([]any{dev.ID, dev.DNS, dev.Platform, dev.Version, dev.Arch, s.vendor, s.name, s.version, x.cve, x.level, x.update, nil, tags}); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

func vulnerabilitiesKB() table {
	return table{huntql.Table{Name: "DeviceTvmSoftwareVulnerabilitiesKB", Columns: columns(`CveId string, CvssScore real, IsExploitAvailable bool, VulnerabilitySeverityLevel string, LastModifiedTime datetime,
		PublishedDate datetime, VulnerabilityDescription string, AffectedSoftware dynamic`)}, func(v View, f func([]any) error) error {
		for i, s := range catalog() {
			for _, x := range s.flaws {
				published := v.Started.UTC().Truncate(24*time.Hour).AddDate(0, 0, -40-3*i)
				if err := f([]any{x.cve, x.score, x.exploit, x.level, published.AddDate(0, 0, 9), published, x.text, []any{s.vendor + ":" + s.name}}); err != nil {
					return err
				}
			}
		}
		return nil
	}}
}

type setting struct {
	id, category, sub, name, risk string
	impact, compliant             float64 // share of devices
	linux                         bool
}

func settings() []setting {
	return []setting{
		{"scid-2010", "Security controls", "Antivirus", "Turn on Microsoft Defender Antivirus", "Malware runs unseen.", 9, 0.97, false},
		{"scid-2012", "Security controls", "Antivirus", "Turn on real-time protection", "Malware runs unseen.", 9, 0.95, false},
		{"scid-2500", "Security controls", "Attack surface reduction", "Block credential stealing from LSASS", "Credentials can be read from memory.", 8, 0.6, false},
		{"scid-3001", "OS", "Accounts", "Disable the built-in guest account", "Anybody can sign in.", 5, 0.9, false},
		{"scid-6090", "OS", "Disk encryption", "Turn on BitLocker", "A stolen disk can be read.", 7, 0.82, false},
		{"scid-20000", "OS", "SSH", "Disallow root sign-in over SSH", "Passwords of root can be guessed.", 8, 0.5, true},
	}
}

func configuration() table {
	return table{huntql.Table{Name: "DeviceTvmSecureConfigurationAssessment", Columns: columns(`DeviceId string, DeviceName string, OSPlatform string, Timestamp datetime, ConfigurationId string,
		ConfigurationCategory string, ConfigurationSubcategory string, ConfigurationImpact real, IsCompliant bool, IsApplicable bool, Context dynamic, IsExpectedUserImpact bool`)}, func(v View, f func([]any) error) error {
		for _, dev := range v.Dir.Devices {
			if dev.Type == "Mobile" {
				continue
			}
			d := dice.New(v.Seed, "settings", dev.ID)
			at := v.Now.UTC().Truncate(24 * time.Hour).Add(-d.Between(0, 12*time.Hour)).Truncate(time.Second)
			for _, s := range settings() {
				ok := d.Chance(s.compliant)
				applies := s.linux == (dev.Platform == "Linux") && dev.Platform != "macOS"
				compliant := any(ok)
				if !applies {
					compliant = nil
				}
				if err := f([]any{dev.ID, dev.DNS, dev.Platform, at, s.id, s.category, s.sub, s.impact, compliant, applies, nil, false}); err != nil {
					return err
				}
			}
		}
		return nil
	}}
}

func configurationKB() table {
	return table{huntql.Table{Name: "DeviceTvmSecureConfigurationAssessmentKB", Columns: columns(`ConfigurationId string, ConfigurationImpact real, ConfigurationName string, ConfigurationDescription string,
		RiskDescription string, ConfigurationCategory string, ConfigurationSubcategory string, ConfigurationBenchmarks dynamic, Tags dynamic, RemediationOptions string`)}, func(_ View, f func([]any) error) error {
		for _, s := range settings() {
			if err := f([]any{s.id, s.impact, s.name, s.name + ".", s.risk, s.category, s.sub, nil, []any{}, "Set it by policy."}); err != nil {
				return err
			}
		}
		return nil
	}}
}
