package msgraph

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHuntFitsTypes: a value is of the kind that its column's type says, whatever shape the service wrote it in, and loses nothing.
func TestHuntFitsTypes(t *testing.T) {
	for _, tc := range []struct{ typ, in, want string }{
		{"SByte", `1`, `true`},
		{"SByte", `0`, `false`},
		{"SByte", `true`, `true`},
		{"Boolean", `"False"`, `false`},
		{"SByte", `7`, `7`},
		{"SByte", `null`, `null`},
		{"Int64", `18446744073709551615`, `18446744073709551615`},
		{"Int64", `"9007199254740993"`, `9007199254740993`},
		{"Int32", `"x"`, `"x"`},
		{"Int64", `"007"`, `"007"`},
		{"Double", `3`, `3.0`},
		{"Double", `"2.50"`, `2.50`},
		{"Double", `1e3`, `1e3`},
		{"Double", `"NaN"`, `"NaN"`},
		{"DateTime", `"2026-11-29T10:00:00Z"`, `"2026-11-29T10:00:00.0000000Z"`},
		{"DateTime", `"2026-11-29T10:00:00.1234567Z"`, `"2026-11-29T10:00:00.1234567Z"`},
		{"DateTime", `"2026-11-29T12:00:00.5+02:00"`, `"2026-11-29T10:00:00.5000000Z"`},
		{"DateTime", `{}`, `{}`},
		{"DateTime", `"soon"`, `"soon"`},
		{"String", `17`, `"17"`},
		{"String", `true`, `"true"`},
		{"String", `{"a":1}`, `"{\"a\":1}"`},
		{"String", `"2026-11-29T10:00:00Z"`, `"2026-11-29T10:00:00Z"`},
		{"TimeSpan", `"00:01:00"`, `"00:01:00"`},
		{"Object", `"[\"a\",1.50]"`, `["a",1.50]`},
		{"Object", `{"b":[]}`, `{"b":[]}`},
		{"Object", `"plain"`, `"plain"`},
		{"Object", `"{broken"`, `"{broken"`},
		{"SomethingNew", `1`, `1`},
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if b, err := io.ReadAll(r.Body); err != nil || len(b) == 0 {
				t.Errorf("asked %s %v", b, err)
			}
			fmt.Fprintf(w, `{"schema":[{"name":"A","type":%q},{"name":"Absent","type":"SByte"}],"results":[{"A":%s,"B":1}]}`, tc.typ, tc.in)
		}, nil)
		rows, err := c.Hunt(t.Context(), "T", "", Inbound)
		if err != nil {
			t.Fatal(err)
		}
		want := []map[string]json.RawMessage{{"A": json.RawMessage(tc.want), "B": json.RawMessage(`1`)}}
		if d := cmp.Diff(want, rows); d != "" {
			t.Errorf("%s %s: %s", tc.typ, tc.in, d)
		}
	}
}
