package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// TestTablesInsideExpressions: tables that are read first, last steps in Go, constant rows and materialized tables give the
// answers of exec, and DuckDB takes the queries as a whole.
func TestTablesInsideExpressions(t *testing.T) {
	w := newWorld(t, 21)
	w.builtin(t, map[string][]any{"FileName": {"cmd.exe", "PowerShell.exe", "", "a b"}, "DeviceName": {"dc1", "DC1", "pc"}})
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	for _, text := range []string{
		`let L = datatable(n:string)["cmd.exe", "", "none"]; DeviceProcessEvents | where FileName in (L) | project FileName, DeviceName`,
		`let L = datatable(n:string)["cmd.exe", ""]; DeviceProcessEvents | where FileName !in (L) | summarize count() by FileName`,
		`let L = datatable(n:string)["CMD.EXE", "DC1"]; DeviceProcessEvents | where FileName in~ (L) or DeviceName !in~ (L) | count`,
		`let L = datatable(n:string)["powershell", "b"]; DeviceProcessEvents | where FileName has_any (L) | project FileName`,
		`let L = datatable(n:string)["a", "b"]; DeviceProcessEvents | where FileName has_all (L) | project FileName`,
		`let L = datatable(n:string)["x", "b"]; DeviceProcessEvents | where not(FileName has_any (L)) | count`,
		`let L = materialize(DeviceProcessEvents | where FileName == "cmd.exe" | distinct DeviceName); DeviceProcessEvents | where DeviceName in~ (L) | summarize count() by DeviceName`,
		`let L = datatable(n:long)[1, 2, long(null)]; DeviceProcessEvents | where ProcessId in (L) | count`,
		`let newest = toscalar(DeviceProcessEvents | summarize max(Timestamp)); DeviceProcessEvents | where Timestamp > newest - 1d | summarize n = count() by FileName | extend share = n * 1.0 / toscalar(DeviceProcessEvents | count)`,
		`let none = toscalar(DeviceProcessEvents | where false | project FileName); DeviceProcessEvents | where FileName == none | count`,
		`DeviceProcessEvents | project d = parse_json(AdditionalFields), FileName, p = pack("a", ProcessId)`,
		`DeviceProcessEvents | summarize s = make_set(FileName) by DeviceName | project DeviceName, n = array_length(s)`,
		`let T = datatable(n:string, w:long)["cmd.exe", 1, "x", long(null)]; DeviceProcessEvents | join kind=inner T on $left.FileName == $right.n | summarize sum(w) by FileName`,
		`let M = materialize(DeviceProcessEvents | where FileName != ""); M | summarize a = count() by DeviceName | join kind=inner (M | summarize b = countif(FileName has "cmd") by DeviceName) on DeviceName | project DeviceName, a, b`,
	} {
		q, diags := kql.Compile(text, bind.Env{Catalog: snap.Catalog(), Runnable: exec.Runnable})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", text, diags)
		}
		root := q.Results[0].Root
		want, _, err := w.run(t.Context(), root, Go)
		if err != nil {
			t.Fatal(err)
		}
		got, st, err := w.run(t.Context(), root, DuckDB)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
			t.Errorf("-Go +DuckDB\n%s\n%s", d, text)
		}
		if st.Engine != DuckDB || !w.takenWhole(t.Context(), root) {
			t.Errorf("DuckDB does not take the whole of\n%s\n%s", text, plan.Print(root))
		}
	}
}
