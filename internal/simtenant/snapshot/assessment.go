package snapshot

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/huntql"
)

// gathered is what is gathered of devices beside their software.
var gathered = []struct{ id, field, text, category, kind string }{
	{"scid-10001", "AvSignatureVersion", "Version of the antivirus signatures.", "Antivirus", "string"},
	{"scid-10002", "AvMode", "0 active, 1 passive, 4 blocking.", "Antivirus", "int"},
	{"scid-10003", "TlsServer12", "TLS 1.2 is offered.", "TLS", "object"},
	{"scid-10004", "Log4jLocations", "Files with the vulnerable library.", "Log4Shell", "list"},
}

func infoGathering() table {
	return table{huntql.Table{Name: "DeviceTvmInfoGathering", Columns: columns(`Timestamp datetime, LastSeenTime datetime, DeviceId string, DeviceName string, OSPlatform string, AdditionalFields dynamic`)},
		func(v View, f func([]any) error) error {
			return sensed(v, "gathered", func(dev *directory.Device, d *dice.Dice) error {
				seen := v.Now.UTC().Truncate(24 * time.Hour).Add(-d.Between(0, 12*time.Hour)).Truncate(time.Second)
				more := map[string]any{"AvMode": fmt.Sprint(d.IntN(2)), "AvSignatureVersion": fmt.Sprintf("1.439.%d.0", 100+d.IntN(400)), "TlsServer12": map[string]any{"Enabled": d.Chance(0.95)}}
				if d.Chance(0.05) {
					more["Log4jLocations"] = []any{"/opt/app/lib/log4j-core-2.14.1.jar"}
				}
				return f([]any{seen.Add(2 * time.Hour), seen, dev.ID, dev.DNS, dev.Platform, more})
			})
		}}
}

func infoGatheringKB() table {
	return table{huntql.Table{Name: "DeviceTvmInfoGatheringKB", Columns: columns(`IgId string, FieldName string, Description string, Categories dynamic, DataStructure string`)}, func(_ View, f func([]any) error) error {
		for _, g := range gathered {
			if err := f([]any{g.id, g.field, g.text, []any{g.category}, g.kind}); err != nil {
				return err
			}
		}
		return nil
	}}
}

// baseline is the one profile that the tenant compares its devices with.
const baseline = "7c4f2f0e-8a53-4b0c-9f0a-1d2e3f405162"

type benchmark struct {
	id, name, category, recommended, weak string
	met                                   float64
}

func benchmarks() []benchmark {
	return []benchmark{
		{"CIS-1.1.1", "Keep 24 passwords in mind", "Account Policies", "24", "0", 0.9},
		{"CIS-1.1.4", "Ask for passwords of 14 characters", "Account Policies", "14", "8", 0.7},
		{"CIS-2.3.1.1", "Disable the administrator account", "Security Options", "0", "1", 0.8},
		{"CIS-2.3.11.7", "Refuse LM and NTLM", "Security Options", "5", "3", 0.55},
		{"CIS-18.4.3", "Turn off SMB 1", "MS Security Guide", "0", "1", 0.97},
		{"CIS-18.9.19.2", "Apply policies in the background", "System", "0", "1", 0.9},
	}
}

func baselineAssessment() table {
	return table{huntql.Table{Name: "DeviceBaselineComplianceAssessment", Columns: columns(`DeviceId string, DeviceName string, OSPlatform string, OSVersion string, ConfigurationId string, ProfileId string,
		IsCompliant bool, IsApplicable bool, Source dynamic, RecommendedValue dynamic, CurrentValue dynamic, IsExempt bool`)}, func(v View, f func([]any) error) error {
		return sensed(v, "baseline", func(dev *directory.Device, d *dice.Dice) error {
			for _, b := range benchmarks() {
				met, exempt := d.Chance(b.met), d.Chance(0.02)
				if dev.Platform != "Windows11" {
					continue
				}
				now := b.recommended
				if !met {
					now = b.weak
				}
				if err := f([]any{dev.ID, dev.DNS, dev.Platform, dev.Version, b.id, baseline, met, true, []any{"registry:" + b.id}, []any{b.recommended}, []any{now}, exempt}); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

func baselineAssessmentKB() table {
	return table{huntql.Table{Name: "DeviceBaselineComplianceAssessmentKB", Columns: columns(`ConfigurationId string, ConfigurationName string, ConfigurationDescription string, ConfigurationRationale string,
		ConfigurationCategory string, BenchmarkProfileLevels dynamic, CCEReference string, RemediationOptions string, ConfigurationBenchmark string, Source dynamic, RecommendedValue dynamic`)}, func(_ View, f func([]any) error) error {
		for i, b := range benchmarks() {
			if err := f([]any{b.id, b.name, b.name + ".", "What is weak is found first.", b.category, []any{"Level 1"}, fmt.Sprintf("CCE-3%04d-0", 6001+i), "Set it by policy.", "CIS", []any{"registry:" + b.id}, []any{b.recommended}}); err != nil {
				return err
			}
		}
		return nil
	}}
}

func baselineProfiles() table {
	return table{huntql.Table{Name: "DeviceBaselineComplianceProfiles", Columns: columns(`ProfileId string, ProfileName string, ProfileDescription string, OSPlatform dynamic, OSVersion string, BaseBenchmark string,
		BenchmarkVersion string, BenchmarkProfileLevel string, Status bool, CreatedBy string, CreatedOn datetime, LastUpdatedBy string, LastUpdatedOn datetime`)}, func(v View, f func([]any) error) error {
		made := v.Started.UTC().Truncate(24*time.Hour).AddDate(0, -3, 0)
		by := v.Dir.People[0].UPN
		return f([]any{baseline, "Workstations", "What all workstations must meet.", []any{"Windows11"}, "24H2", "CIS", "3.0.0", "Level 1", true, by, made, by, made.AddDate(0, 1, 0)})
	}}
}
