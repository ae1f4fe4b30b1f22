package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTablePurge(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		args         []string
		want, asked  string
	}{
		{"count", `{"table":"DeviceEvents","rows":7,"files":2,"bytes":900,"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z","confirm":"a-b","expires":"2026-01-03T00:00:00Z"}`, nil, "the same command with --confirm a-b", `{"where":"x == 1"}`},
		{"nothing", `{"table":"DeviceEvents","rows":0,"confirm":"a-b"}`, nil, "there is nothing to purge", `{"where":"x == 1"}`},
		{"confirmed", `{"table":"DeviceEvents","rows":7,"purged":true}`, []string{"--confirm", "a-b"}, "7 rows of DeviceEvents were purged.", `{"confirm":"a-b","where":"x == 1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{answers: map[string]string{"POST /tables/DeviceEvents/purge": tt.answer}}
			stdout, stderr, code := s.start(t)(append([]string{"table", "purge", "DeviceEvents", "--where", "x == 1"}, tt.args...)...)
			if code != 0 || !strings.Contains(stdout, tt.want) {
				t.Errorf("exit %d, want %q:\n%s%s", code, tt.want, stdout, stderr)
			}
			if d := cmp.Diff([]string{"POST /tables/DeviceEvents/purge " + tt.asked}, s.asked); d != "" {
				t.Error(d)
			}
		})
	}
}
