package normalize

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/schema"
)

// observed are the kinds of JSON values by table and column, as they were seen in real records.
func observed(t *testing.T) map[string]map[string]string {
	t.Helper()
	var file string
	for _, root := range []string{os.Getenv("VEDETTE_REFERENCE"), "../../../shared/reference"} {
		if root != "" {
			file = filepath.Join(root, "streaming-observed-types.json")
			if _, err := os.Stat(file); err == nil {
				break
			}
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Skip("the kinds of values in real records are not here; set VEDETTE_REFERENCE to their folder")
	}
	var out struct {
		Tables map[string]map[string]string `json:"tables"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out.Tables
}

// ofKind is a value of a kind that suits a column, and whether it is one that says something.
func ofKind(kind string, c schema.Column) (string, bool) {
	switch kind {
	case "null":
		return "null", false
	case "bool":
		return "true", true
	case "int":
		return "639197852", true
	case "object":
		return `{"b":1.50,"a":[639197852001234567]}`, true
	case "array":
		return `["x",{"y":null}]`, true
	case "json-string":
		return `"{\"b\":1.50,\"a\":[639197852001234567]}"`, true
	}
	switch c.Type {
	case schema.Datetime:
		return `"2026-07-18T14:05:00.1234567Z"`, true
	case schema.Bool:
		return `"true"`, true
	case schema.Int, schema.Long, schema.Real:
		return `"12"`, true
	}
	return `"text"`, true
}

// Records of the shapes that were seen are rows: each value in the column of its name, whatever its kind, and none beside it; those of a
// table that is not known make one of the same names.
func TestObservedRecords(t *testing.T) {
	for table, kinds := range observed(t) {
		known, ok := schema.Builtin().Table(table)
		if ok && !known.Streamed && !known.Pulled {
			continue // Vedette writes it itself
		}
		props, want := []string{`"Timestamp":"2026-07-18T14:05:00.1234567Z"`}, map[string]bool{}
		for name, kind := range kinds {
			if name == "Timestamp" {
				continue
			}
			c := schema.Column{Name: name}
			if ok {
				if have, is := known.Column(name); is {
					c = have
				}
			}
			kind, _, _ = strings.Cut(kind, "|")
			value, says := ofKind(kind, c)
			props = append(props, fmt.Sprintf("%q:%s", name, value))
			if says && !reserved(name) {
				want[strings.ToLower(name)] = true
			}
		}
		slices.Sort(props)
		rows, bad := addAll(t, newWriter(), fmt.Sprintf(envelope, table, "{"+strings.Join(props, ",")+"}"))
		if len(bad) > 0 || len(rows) != 1 || rows[0].Batch.N != 1 {
			t.Errorf("%s: refused %v", table, bad)
			continue
		}
		for i, c := range rows[0].Cols {
			switch {
			case strings.HasPrefix(c.Name, "_"), c.Name == "TenantId", c.Name == "Type", c.Name == "SourceSystem", c.Name == "TimeGenerated":
				continue
			}
			v := rows[0].Batch.Cols[i].Value(0)
			if v == nil || v == "" {
				continue
			}
			if !want[strings.ToLower(c.Name)] {
				t.Errorf("%s: a value came into %s %s: %v", table, c.Name, c.Type, v)
			}
			delete(want, strings.ToLower(c.Name))
		}
		for name := range want {
			t.Errorf("%s: the value of %s is in no column of its name", table, name)
		}
	}
}

// A property whose kind changes from int to text to object loses nothing, whichever comes first.
func TestKindsChange(t *testing.T) {
	kinds := map[string]string{"long": "5", "string": `"five"`, "dynamic": `{"n":5}`}
	orders := [][]string{{"long", "string", "dynamic"}, {"long", "dynamic", "string"}, {"string", "long", "dynamic"}, {"string", "dynamic", "long"}, {"dynamic", "long", "string"}, {"dynamic", "string", "long"}}
	for _, order := range orders {
		w := newWriter()
		var msgs []string
		for _, k := range order {
			msgs = append(msgs, fmt.Sprintf(envelope, "AlertInfo", props(`{"Drift":`+kinds[k]+`}`)))
		}
		rows, bad := addAll(t, w, msgs...)
		if len(bad) > 0 || rows[0].Batch.N != 3 {
			t.Fatalf("%v: refused %v", order, bad)
		}
		for i, k := range order {
			got := strings.Join(show(rows[0], i), " ")
			text := strings.Trim(kinds[k], `"`)
			if !strings.HasSuffix(got, "="+text) && !strings.HasSuffix(got, `="`+text+`"`) || !strings.HasPrefix(got, "Drift") {
				t.Errorf("%v: row %d is %q, want its %s", order, i, got, text)
			}
		}
	}
}

// Nothing, null and an empty text: a string column has "" for all, the others null, and none of them makes a column.
func TestNullAndEmpty(t *testing.T) {
	for _, v := range []string{"null", `""`} {
		rows, bad := addAll(t, newWriter(), fmt.Sprintf(envelope, "DeviceInfo", props(`{"DeviceName":`+v+`,"IsExcluded":`+v+`,"ReportId":`+v+`,"LoggedOnUsers":`+v+`,"Unknown":`+v+`}`)))
		if len(bad) > 0 || len(rows) != 1 {
			t.Fatalf("%s: refused %v", v, bad)
		}
		for i, c := range rows[0].Cols {
			got := rows[0].Batch.Cols[i].Value(0)
			switch c.Name {
			case "DeviceName":
				if got != "" {
					t.Errorf("%s: DeviceName is %v", v, got)
				}
			case "IsExcluded", "ReportId", "LoggedOnUsers":
				if got != nil {
					t.Errorf("%s: %s is %v", v, c.Name, got)
				}
			case "Unknown":
				t.Errorf("%s made a column", v)
			}
		}
	}
}
