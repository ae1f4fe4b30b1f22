package normalize

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// show renders a row as its columns with a value, "name type=value" a line, without the columns every row has.
func show(r Rows, row int) []string {
	var out []string
	for i, c := range r.Cols {
		v := r.Batch.Cols[i].Value(row)
		if v == nil || v == "" {
			continue
		}
		switch c.Name {
		case "TenantId", "SourceSystem", "Type", "_IsBillable", "_BilledSize", "_src":
			continue
		case "TimeGenerated":
			if v.(int64) == eventTime {
				continue
			}
		}
		if c.Type == schema.Datetime {
			v = column.FormatDatetime(v.(int64))
		}
		out = append(out, fmt.Sprintf("%s %s=%v", c.Name, c.Type, v))
	}
	slices.Sort(out)
	return out
}

var eventTime, _ = column.ParseDatetime("2026-07-18T14:05:00.1234567Z")

const envelope = `{"time":"2026-07-18T14:08:10.0236840Z","category":"AdvancedHunting-%s","properties":%s}`

// props completes the text of properties with the event's time.
func props(s string) string {
	return `{"Timestamp":"2026-07-18T14:05:00.1234567Z",` + strings.TrimPrefix(s, "{")
}

// addAll decodes the messages into one writer and returns its rows and the refusals, "reason: detail".
func addAll(t testing.TB, w *Writer, msgs ...string) ([]Rows, []string) {
	t.Helper()
	var bad []string
	for _, m := range msgs {
		Decode([]byte(m), func(r Record) {
			if refusal := w.Add(r, fmt.Sprintf("hub/h/0/0/%d", r.Ordinal)); refusal != nil {
				bad = append(bad, string(refusal.Reason))
			}
		})
	}
	return w.Take(), bad
}

func newWriter(extra ...*schema.Table) *Writer {
	return NewWriter(NewShapes(schema.NewStatic(append(extra, schema.Builtin().Tables()...)...)), "workspace-1")
}

func TestRules(t *testing.T) {
	custom := &schema.Table{Name: "Custom", Columns: []schema.Column{
		{Name: "G", Type: schema.Guid}, {Name: "D", Type: schema.Decimal}, {Name: "S", Type: schema.Timespan}, {Name: "R", Type: schema.Real},
		{Name: "AdditionalFields", Type: schema.Dynamic}, {Name: "N", Type: schema.Int},
	}}
	long := strings.Repeat("n", maxColumnName+1)
	tests := []struct {
		name, table, props string
		want               []string
	}{
		{"18 digits are exact", "DeviceInfo", `{"ReportId":639197852001234567}`, []string{"ReportId long=639197852001234567"}},
		{"dynamic from a string", "DeviceInfo", `{"LoggedOnUsers":"[{\"UserName\": \"a\"} ]"}`, []string{`LoggedOnUsers dynamic=[{"UserName":"a"}]`}},
		{"dynamic from an object keeps order and number text", "CloudAppEvents", `{"RawEventData":{"b" : 1.50, "a":[1e3, 639197852001234567890]}}`,
			[]string{`RawEventData dynamic={"b":1.50,"a":[1e3,639197852001234567890]}`}},
		{"last duplicate key wins in its first place", "CloudAppEvents", `{"RawEventData":{"a":1,"b":2,"a":3}}`, []string{`RawEventData dynamic={"a":3,"b":2}`}},
		{"last duplicate property wins", "DeviceInfo", `{"OSPlatform":"x","OSPlatform":"y"}`, []string{"OSPlatform string=y"}},
		{"dynamic from text that is no JSON", "DeviceInfo", `{"LoggedOnUsers":"[oops"}`, []string{`LoggedOnUsers dynamic="[oops"`}},
		{"dynamic from scalars", "CloudAppEvents", `{"RawEventData":7,"ActivityObjects":true,"AdditionalFields":"plain"}`,
			[]string{`AdditionalFields dynamic="plain"`, "RawEventData dynamic=7", "ActivityObjects dynamic=true"}},
		{"empty and null dynamic are null", "CloudAppEvents", `{"RawEventData":"","AdditionalFields":null}`, nil},
		{"string columns take everything as JSON text", "UrlClickEvents", `{"UrlChain":["a", "b"],"ReportId":5.50,"Url":{"x": 1},"AppName":true,"AccountUpn":null}`,
			[]string{`Url string={"x":1}`, `UrlChain string=["a","b"]`, "ReportId string=5.50", "AppName string=true"}},
		{"escapes", "UrlClickEvents", `{"Url":"C:\\a\"\u00e9\ud83d\ude00\/\n","AppName":"\ud800x\q"}`, []string{"Url string=C:\\a\"é😀/\n", "AppName string=\uFFFDx\\q"}},
		{"ports of Identity tables are strings", "IdentityLogonEvents", `{"Port":389}`, []string{"Port string=389"}},
		{"bool forms", "DeviceInfo", `{"IsInternetFacing":"True","IsAzureADJoined":0,"IsExcluded":1}`,
			[]string{"IsAzureADJoined bool=false", "IsExcluded bool=true", "IsInternetFacing bool=true"}},
		{"null and empty bool are null", "DeviceInfo", `{"IsInternetFacing":null,"IsAzureADJoined":""}`, nil},
		{"case variants", "CloudAppEvents", `{"Isp":"Contoso Net"}`, []string{"ISP string=Contoso Net"}},
		{"the exact name goes before its variant", "CloudAppEvents", `{"Isp":"b","ISP":"a"}`, []string{"ISP string=a", "Isp_string string=b"}},
		{"and the same value twice is one", "CloudAppEvents", `{"ISP":"a","Isp":"a"}`, []string{"ISP string=a"}},
		{"unknown columns by their kind", "AlertInfo", `{"U1":true,"U2":5,"U3":1.5,"U4":"2026-07-18T14:05:00.1234567Z","U5":{"a": 1},"U6":[1 ],"U7":"x","U8":"2026-07-18T14:05:00Z","U9":null,"U10":""}`,
			[]string{"U1 bool=true", "U2 long=5", "U3 real=1.5", "U4 datetime=2026-07-18T14:05:00.1234567Z", `U5 dynamic={"a":1}`, "U6 dynamic=[1]", "U7 string=x", "U8 string=2026-07-18T14:05:00Z"}},
		{"numbers beyond a type stay exact", "AlertInfo", `{"A":9223372036854775808,"B":1e400,"C":123456789.123456789,"D":-0.5e3}`,
			[]string{"A string=9223372036854775808", "B string=1e400", "C string=123456789.123456789", "D real=-500"}},
		{"values that do not fit", "DeviceFileEvents", `{"FileSize":"big","ReportId":{"a": 1},"RequestSourcePort":4294967296,"InitiatingProcessCreationTime":17,"IsAzureInfoProtectionApplied":"maybe"}`,
			[]string{"FileSize_string string=big", `ReportId_dynamic dynamic={"a":1}`, "RequestSourcePort_long long=4294967296", "InitiatingProcessCreationTime_long long=17", "IsAzureInfoProtectionApplied_string string=maybe"}},
		{"numbers as text fit", "DeviceFileEvents", `{"FileSize":"123","ReportId":5.0,"InitiatingProcessId":""}`, []string{"FileSize long=123", "ReportId long=5"}},
		{"leading zeros are not that number", "DeviceFileEvents", `{"FileSize":"007"}`, []string{"FileSize_string string=007"}},
		{"reserved names", "AlertInfo", `{"TenantId":"t","Type":"x","_src":"s","TimeGenerated":"2026-07-18T14:05:00.0000001Z","_ItemId":"i"}`,
			[]string{"TenantId_string string=t", "Type_string string=x", "_src_string string=s", "TimeGenerated_datetime datetime=2026-07-18T14:05:00.0000001Z", "_ItemId_string string=i"}},
		{"names that cannot be columns", "DeviceProcessEvents", `{"a b":1,"AdditionalFields":"{\"x\":2}","` + long + `":"v"}`,
			[]string{`AdditionalFields dynamic={"x":2,"a b":1,"` + long + `":"v"}`}},
		{"beside additional fields that are no object", "DeviceProcessEvents", `{"a b":1,"AdditionalFields":[1]}`,
			[]string{"AdditionalFields dynamic=[1]", `AdditionalFields_dynamic dynamic={"a b":1}`}},
		{"beside additional fields of the same name", "DeviceProcessEvents", `{"a b":1,"AdditionalFields":{"a b":2}}`,
			[]string{`AdditionalFields dynamic={"a b":2}`, `AdditionalFields_dynamic dynamic={"a b":1}`}},
		{"in a table without additional fields", "AlertInfo", `{"a b":"\u0041"}`, []string{`AdditionalFields_dynamic dynamic={"a b":"A"}`}},
		{"other types", "Custom", `{"G":"6b1e2f6c-0000-4000-8000-000000000001","D":"1.10","S":"1.02:03:04","R":"2","N":2147483647}`,
			[]string{"G guid=6b1e2f6c-0000-4000-8000-000000000001", "D decimal=1.10", "S timespan=937840000000", "R real=2", "N int=2147483647"}},
		{"and what does not fit them", "Custom", `{"G":"x","D":"y","S":5,"R":"NaN","N":2147483648}`,
			[]string{"G_string string=x", "D_string string=y", "S_long long=5", "R_string string=NaN", "N_long long=2147483648"}},
		{"machine group is kept", "DeviceLogonEvents", `{"MachineGroup":"Servers"}`, []string{"MachineGroup string=Servers"}},
		{"an unknown table", "NewThing", `{"A":1,"B":"x"}`, []string{"A long=1", "B string=x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, bad := addAll(t, newWriter(custom), fmt.Sprintf(envelope, tt.table, props(tt.props)))
			if len(bad) != 0 || len(rows) != 1 || rows[0].Batch.N != 1 || rows[0].Table != tt.table {
				t.Fatalf("got %d tables, refused %v; want one row", len(rows), bad)
			}
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, show(rows[0], 0)); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryRowCarriesTheStandardColumns(t *testing.T) {
	p := props(`{"DeviceId":"d"}`)
	rows, _ := addAll(t, newWriter(), fmt.Sprintf(envelope, "DeviceInfo", p))
	got := map[string]any{}
	for i, c := range rows[0].Cols {
		got[c.Name] = rows[0].Batch.Cols[i].Value(0)
	}
	want := map[string]any{
		"TenantId": "workspace-1", "TimeGenerated": eventTime, "SourceSystem": "Microsoft Defender XDR", "Type": "DeviceInfo",
		"_IsBillable": "True", "_BilledSize": float64(len(p)), "DeviceId": "d", "_src": "hub/h/0/0/0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

func TestTimes(t *testing.T) {
	tests := []struct{ name, record, want string }{
		{"seven digits", `"time":"2026-01-01T00:00:00Z","properties":{"Timestamp":"2026-07-18T14:05:00.1234567Z"}`, "2026-07-18T14:05:00.1234567Z"},
		{"three digits", `"properties":{"Timestamp":"2026-07-18T14:05:00.123Z"}`, "2026-07-18T14:05:00.1230000Z"},
		{"an offset", `"properties":{"Timestamp":"2026-07-18T16:05:00+02:00"}`, "2026-07-18T14:05:00.0000000Z"},
		{"fallback", `"time":"2026-01-01T00:00:00Z","properties":{}`, "2026-01-01T00:00:00.0000000Z"},
		{"null", `"time":"2026-01-01T00:00:00Z","properties":{"Timestamp":null}`, "2026-01-01T00:00:00.0000000Z"},
		{"impossible", `"time":"2026-01-01T00:00:00Z","properties":{"Timestamp":"0001-01-01T00:00:00Z"}`, "2026-01-01T00:00:00.0000000Z Timestamp_string"},
		{"a number", `"time":"2026-01-01T00:00:00Z","properties":{"Timestamp":1e20}`, "2026-01-01T00:00:00.0000000Z Timestamp_real"},
		{"no time at all", `"properties":{}`, "noTime"},
		{"31 February", `"properties":{"Timestamp":"2026-02-31T00:00:00Z"}`, "noTime"},
		{"year 9999", `"time":"9999-12-31T00:00:00Z","properties":{}`, "noTime"},
		{"a number outside", `"time":1e20,"properties":{}`, "noTime"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, bad := addAll(t, newWriter(), `{"category":"AdvancedHunting-AlertInfo",`+tt.record+`}`)
			got := strings.Join(bad, " ")
			if len(rows) == 1 {
				got = column.FormatDatetime(rows[0].Batch.Cols[1].Ints[0])
				for _, c := range rows[0].Cols {
					if strings.HasPrefix(c.Name, "Timestamp_") {
						got += " " + c.Name
					}
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestManyRowsKeepTheirPlaces(t *testing.T) {
	w := newWriter()
	rows, bad := addAll(t, w, `{"records":[`+
		fmt.Sprintf(envelope, "AlertInfo", props(`{"Title":"a"}`))+`,`+
		fmt.Sprintf(envelope, "AlertInfo", props(`{"New":5}`))+`,`+
		fmt.Sprintf(envelope, "AlertInfo", props(`{"Title":"never","Broken":tru}`))+`,`+
		fmt.Sprintf(envelope, "AlertInfo", props(`{"New":"text","Other":1,"New2":{"a":b}}`))+`,`+
		fmt.Sprintf(envelope, "AlertInfo", props(`{"New":"text"}`))+`,`+
		fmt.Sprintf(envelope, "AlertInfo", props(`{"Title":"z","New":6}`))+`]}`)
	if diff := cmp.Diff([]string{"notJSON", "notJSON"}, bad); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
	want := [][]string{{"Title string=a"}, {"New long=5"}, {"New_string string=text"}, {"New long=6", "Title string=z"}}
	for i, w := range want {
		if diff := cmp.Diff(w, show(rows[0], i)); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
	}
	if again, _ := addAll(t, w, fmt.Sprintf(envelope, "AlertInfo", props(`{"New":7}`))); len(again) != 1 || again[0].Batch.N != 1 {
		t.Errorf("after Take the writer gave %v, want one row", again)
	}
}

func TestColumnLimit(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Timestamp":"2026-07-18T14:05:00.1234567Z"`)
	for i := range MaxColumns + 20 {
		fmt.Fprintf(&b, `,"C%03d":%d`, i, i)
	}
	b.WriteString(`}`)
	rows, bad := addAll(t, newWriter(), fmt.Sprintf(envelope, "NewThing", b.String()))
	if len(bad) > 0 {
		t.Fatalf("refused: %v", bad)
	}
	got := show(rows[0], 0)
	last := got[0]
	if !strings.HasPrefix(last, `AdditionalFields_dynamic dynamic={"C484":484,`) || !strings.HasSuffix(last, `"C509":509}`) {
		t.Errorf("the properties beyond the limit are %s", last)
	}
}

func TestTwoWritersAgreeOnANewColumn(t *testing.T) {
	shapes := NewShapes(schema.Builtin())
	a, b := NewWriter(shapes, "w"), NewWriter(shapes, "w")
	addAll(t, a, fmt.Sprintf(envelope, "AlertInfo", props(`{"New":5}`)))
	rows, _ := addAll(t, b, fmt.Sprintf(envelope, "AlertInfo", props(`{"New":"x"}`)))
	if diff := cmp.Diff([]string{"New_string string=x"}, show(rows[0], 0)); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

// Every column of every streamed table takes a value of its type under its own name, and nothing is added to the table.
func TestEveryColumnOfEveryStreamedTable(t *testing.T) {
	values := map[schema.Type]string{
		schema.Bool: "true", schema.Int: "7", schema.Long: "639197852001234567", schema.Real: "0.5", schema.String: `"x"`,
		schema.Datetime: `"2026-07-18T14:05:00.1234567Z"`, schema.Dynamic: `{"a":[1]}`,
	}
	shown := map[schema.Type]string{
		schema.Bool: "true", schema.Int: "7", schema.Long: "639197852001234567", schema.Real: "0.5", schema.String: "x",
		schema.Datetime: "2026-07-18T14:05:00.1234567Z", schema.Dynamic: `{"a":[1]}`,
	}
	streamed := 0
	for _, table := range schema.Builtin().Tables() {
		if !table.Streamed {
			continue
		}
		streamed++
		var props, want []string
		props = append(props, `"Timestamp":"2026-07-18T14:05:00.1234567Z"`)
		for _, c := range table.Columns {
			if c.Source == "" && !reserved(c.Name) {
				props = append(props, fmt.Sprintf("%q:%s", c.Name, values[c.Type]))
				want = append(want, fmt.Sprintf("%s %s=%s", c.Name, c.Type, shown[c.Type]))
			}
		}
		slices.Sort(want)
		rows, bad := addAll(t, newWriter(), fmt.Sprintf(envelope, table.Name, "{"+strings.Join(props, ",")+"}"))
		if len(bad) > 0 || len(rows) != 1 {
			t.Fatalf("%s: refused %v", table.Name, bad)
		}
		if diff := cmp.Diff(want, show(rows[0], 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table.Name, diff)
		}
	}
	if streamed != 21 {
		t.Errorf("%d tables are streamed, want 21", streamed)
	}
}
