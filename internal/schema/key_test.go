package schema

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeyOf(t *testing.T) {
	for table, want := range map[string]Key{
		"DeviceEvents":         {Table: "DeviceEvents", Columns: []string{"DeviceId", "ReportId"}, Required: []string{"DeviceId", "ReportId"}},
		"UrlClickEvents":       {Table: "UrlClickEvents", Columns: []string{"Url", "NetworkMessageId", "ReportId"}, Required: []string{"ReportId"}},
		"DeviceNewEvents":      {Table: "Device*", Columns: []string{"DeviceId", "ReportId"}, Required: []string{"DeviceId", "ReportId"}},
		"DeviceTvmNew":         {Table: "DeviceTvm*", Columns: []string{"DeviceId", "ReportId"}},
		"Device_CL":            {Table: "*_CL", Columns: []string{"ReportId", "ActionType"}},
		"SigninLogs":           {Table: "*", Columns: []string{"ReportId", "ActionType"}},
		"IdentityLogonEvents":  {Table: "IdentityLogonEvents", Columns: []string{"ReportId", "ActionType"}},
		"EmailSomethingFuture": {Table: "Email*", Columns: []string{"NetworkMessageId", "RecipientEmailAddress", "ReportId"}, Required: []string{"NetworkMessageId", "ReportId"}},
	} {
		if d := cmp.Diff(want, KeyOf(table)); d != "" {
			t.Errorf("%s (-want +got)\n%s", table, d)
		}
	}
	if KeyOf("AlertEvidence").Joining() != nil || KeyOf("AlertInfo").Joining() == nil {
		t.Error("AlertInfo has a documented key, AlertEvidence has none")
	}
}

// TestKeysFitTheTables holds each row against the built-in table of its name: one row for every table that is exported, of columns that it has.
func TestKeysFitTheTables(t *testing.T) {
	builtin := map[string]*Table{}
	for _, b := range Builtin().Tables() {
		builtin[b.Name] = b
	}
	seen := map[string]bool{}
	for i, k := range keys() {
		if seen[k.Table] {
			t.Errorf("%s has two rows", k.Table)
		}
		seen[k.Table] = true
		if len(k.Columns) == 0 {
			t.Errorf("%s has no columns", k.Table)
		}
		for _, r := range k.Required {
			if !slices.Contains(k.Columns, r) {
				t.Errorf("%s requires %s, which is not of its key", k.Table, r)
			}
		}
		if strings.Contains(k.Table, "*") {
			continue
		}
		b := builtin[k.Table]
		if b == nil {
			t.Errorf("row %d is of table %s, which is not there", i, k.Table)
			continue
		}
		for _, name := range k.Columns {
			if c, ok := b.Column(name); !ok || c.Source != "" || c.Type == Dynamic {
				t.Errorf("column %s cannot be of the key of %s: there %v, type %s, source %q", name, k.Table, ok, c.Type, c.Source)
			}
		}
	}
	for name, b := range builtin {
		if b.Streamed && !seen[name] {
			t.Errorf("data/keys.json has no row for %s, which is exported", name)
		}
	}
	if k := keys(); k[len(k)-1].Table != "*" {
		t.Error("the last row must stand for all tables")
	}
}

// TestKeysFitTheDocuments holds each row against the documented columns.
func TestKeysFitTheDocuments(t *testing.T) {
	documented := map[string][][2]string{}
	for _, name := range []string{"schemas.json", "schemas-advancedhunting.json"} {
		raw, err := os.ReadFile(filepath.Join("../../../shared/reference", name))
		if err != nil {
			t.Skipf("the documented schemas are not here: %v", err)
		}
		var tables map[string][][2]string
		if err := json.Unmarshal(raw, &tables); err != nil {
			t.Fatal(err)
		}
		for table, cols := range tables {
			documented[table] = append(documented[table], cols...)
		}
	}
	checked := 0
	for _, k := range keys() {
		cols := documented[k.Table]
		if cols == nil {
			continue
		}
		checked++
		for _, name := range k.Columns {
			if !slices.ContainsFunc(cols, func(c [2]string) bool { return c[0] == name && c[1] != "dynamic" }) {
				t.Errorf("%s: the documents know no column %s", k.Table, name)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d rows were held against the documents", checked)
	}
}
