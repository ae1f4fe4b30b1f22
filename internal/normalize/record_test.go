package normalize

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/schema"
)

func TestDecode(t *testing.T) {
	ok := func(id string) string {
		return `{"time":"2026-07-18T14:08:10Z","category":"AdvancedHunting-AlertInfo","properties":{"AlertId":"` + id + `"}}`
	}
	tests := []struct {
		name, msg string
		want      []string // AlertId of a row, or the reason; by ordinal
	}{
		{"records", `{"records":[` + ok("a") + `,` + ok("b") + `]}`, []string{"a", "b"}},
		{"no records", `{"records":[]}`, nil},
		{"white space", " {\r\n\"records\" :\t[ " + ok("a") + " ,\n" + ok("b") + " ] } \n", []string{"a", "b"}},
		{"one record", ok("a"), []string{"a"}},
		{"a list", `[` + ok("a") + `]`, []string{"a"}},
		{"concatenated", `{"records":[` + ok("a") + `]}` + "\n" + ok("b") + `{"records":[` + ok("c") + `]}`, []string{"a", "b", "c"}},
		{"more in the wrapper", `{"x":{"y":"}"},"records":[` + ok("a") + `],"z":["]"]}` + ok("b"), []string{"a", "b"}},
		{"byte order mark", "\uFEFF" + ok("a"), []string{"a"}},
		{"UTF-16", "\xFF\xFE{\x00", []string{"encoding"}},
		{"empty", "", []string{"empty"}},
		{"blank", " \n", []string{"empty"}},
		{"not JSON", "hello", []string{"notJSON"}},
		{"a value", `"hello"`, []string{"noRecords"}},
		{"an object", `{"a":1}`, []string{"noRecords"}},
		{"records is no list", `{"records":5}`, []string{"noRecords"}},
		{"half", `{"records":[` + ok("a") + `,{"time":"2`, []string{"a", "truncated"}},
		{"the wrapper does not end", `{"records":[` + ok("a") + `]`, []string{"a"}},
		{"the list does not end", `{"records":[` + ok("a"), []string{"a", "truncated"}},
		{"broken record", `{"records":[` + ok("a") + `,{"category" 5},` + ok("c") + `]}`, []string{"a", "notJSON", "c"}},
		{"broken value", `{"records":[` + strings.Replace(ok("a"), `"a"`, `1.2.3`, 1) + `,` + ok("b") + `]}`, []string{"notJSON", "b"}},
		{"not an object", `{"records":[7,null,` + ok("b") + `]}`, []string{"notARecord", "notARecord", "b"}},
		{"no category", `{"records":[{"properties":{}}]}`, []string{"notARecord"}},
		{"no properties", `{"records":[{"category":"AdvancedHunting-AlertInfo","properties":[]}]}`, []string{"notARecord"}},
		{"other category", `{"records":[{"category":"AuditLogs","properties":{}}]}`, []string{"unknownKind"}},
		{"bad table", strings.Replace(ok("a"), "AlertInfo", `x\" union select`, 1), []string{"badTableName"}},
		{"long table", strings.Replace(ok("a"), "AlertInfo", strings.Repeat("x", 64), 1), []string{"badTableName"}},
		{"no table", strings.Replace(ok("a"), "AlertInfo", "", 1), []string{"badTableName"}},
		{"own table", strings.Replace(ok("a"), "AlertInfo", "SecurityIncident", 1), []string{"reservedTable"}},
		{"custom table", strings.Replace(ok("a"), "AlertInfo", "Foo_CL", 1), []string{"reservedTable"}},
		{"deep", strings.Replace(ok("a"), `"a"`, strings.Repeat("[", 10001)+strings.Repeat("]", 10001), 1) + ok("b"), []string{"notJSON", "b"}},
		{"not UTF-8", ok("a\xff"), []string{"a\uFFFD"}},
		{"NUL", ok(`a\u0000`), []string{"a\x00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWriter()
			var got []string
			Decode([]byte(tt.msg), func(r Record) {
				if r.Ordinal != len(got) {
					t.Errorf("record %d has ordinal %d", len(got), r.Ordinal)
				}
				if bad := w.Add(r, "src"); bad != nil {
					got = append(got, string(bad.Reason))
					return
				}
				rows := w.Take()[0]
				for i, c := range rows.Cols {
					if c.Name == "AlertId" {
						got = append(got, rows.Batch.Cols[i].Strings[0])
					}
				}
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTooManyProperties(t *testing.T) {
	var b strings.Builder
	for i := range maxProperties + 1 {
		fmt.Fprintf(&b, `"p%d":1,`, i)
	}
	_, bad := addAll(t, newWriter(), fmt.Sprintf(envelope, "AlertInfo", `{`+b.String()+`"x":1}`))
	if diff := cmp.Diff([]string{"tooManyColumns"}, bad); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

// FuzzDecode checks that every message ends as rows and refusals, that rows stay whole, and that strings are UTF-8.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"records":[{"time":"2026-07-18T14:08:10Z","category":"AdvancedHunting-DeviceInfo","properties":{"Timestamp":"2026-07-18T14:08:10.1234567Z","a b":{"x":[1,2]},"AdditionalFields":"{\"a\":1}","ReportId":"x","Isp":1.5,"New":tru}}]}`))
	f.Add([]byte(`{"category":"AdvancedHunting-CloudAppEvents","time":"2026-07-18T14:08:10Z","properties":{"ISP":"a","Isp":"b","iSP":"c","ISP_string":7,"RawEventData":{"a":1,"a":"\ud800"}}}`))
	f.Add([]byte(`[[{}],{"category":"AdvancedHunting-X","properties":{"":"","\\":1e999,"Timestamp":0},"time":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, msg []byte) {
		w := NewWriter(NewShapes(schema.Builtin()), "w")
		records, rows, bad := 0, 0, 0
		Decode(msg, func(r Record) {
			records++
			if refusal := w.Add(r, "src"); refusal != nil {
				bad++
				if refusal.Reason == Panicked {
					t.Fatal(refusal.Detail)
				}
			}
		})
		for _, r := range w.Take() {
			rows += r.Batch.N
			if len(r.Cols) != len(r.Batch.Cols) {
				t.Fatalf("%d columns, %d vectors", len(r.Cols), len(r.Batch.Cols))
			}
			seen := map[string]bool{}
			for i, c := range r.Cols {
				v := r.Batch.Cols[i]
				if v.Len() != r.Batch.N || v.Type != c.Type || seen[c.Name] || v.Nulls != nil && len(v.Nulls) != r.Batch.N {
					t.Fatalf("column %s: %d values of type %s in %d rows", c.Name, v.Len(), v.Type, r.Batch.N)
				}
				seen[c.Name] = true
				for _, s := range v.Strings {
					if !utf8.ValidString(s) {
						t.Fatalf("column %s holds %q", c.Name, s)
					}
				}
			}
		}
		if rows+bad != records {
			t.Fatalf("%d records gave %d rows and %d refusals", records, rows, bad)
		}
	})
}
