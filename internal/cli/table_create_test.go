package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableCreate(t *testing.T) {
	s := &server{answers: map[string]string{"PUT /tables/Vpn_CL": `{"name":"Vpn_CL","created":true}`}}
	run := s.start(t)
	if stdout, stderr, code := run("table", "create", "Vpn_CL", "User:string", "Bytes:long"); code != 0 || !strings.Contains(stdout, "Table Vpn_CL is made.") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	if stdout, stderr, code := run("table", "create", "Vpn_CL", "User"); code != 2 || !strings.Contains(stderr, "COLUMN:TYPE") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	if d := cmp.Diff([]string{`PUT /tables/Vpn_CL {"columns":[{"name":"User","type":"string"},{"name":"Bytes","type":"long"}]}`}, s.asked); d != "" {
		t.Error(d)
	}
}
