package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableSet(t *testing.T) {
	const answer = `{"name":"DeviceEvents","preview":true,"plan":"Analytics","retentionDays":30,"totalRetentionDays":60,"heldDays":90,"heldUntil":"2026-04-13",
		"frees":{"rows":7,"bytes":12345678,"from":"a","to":"b","at":"2026-04-13"},"cools":{"rows":3},"warms":{"rows":0}}`
	for _, tt := range []struct {
		name  string
		args  []string
		asked []string
		code  int
		want  string
	}{
		{
			"preview", []string{"DeviceEvents", "--retention", "30", "--total-retention", "60", "--dry-run"},
			[]string{`PATCH /tables/DeviceEvents {"preview":true,"retentionDays":30,"totalRetentionDays":60}`}, 0, "Deleted from 2026-04-13 on: 7 rows, 12.3 MB (a to b).",
		},
		{"default of a table", []string{"DeviceEvents", "--retention", "default"}, []string{`PATCH /tables/DeviceEvents {"preview":false,"retentionDays":null}`}, 0, "would have the Analytics plan"},
		{"default of all", []string{"--workspace-default", "--retention", "120"}, []string{`PATCH /tables {"preview":false,"retentionDays":120}`}, 0, "30 days interactive"},
		{"plan", []string{"DeviceEvents", "--plan", "Basic"}, []string{`PATCH /tables/DeviceEvents {"plan":"Basic","preview":false}`}, 0, "Until 2026-04-13 rows of up to 90 days stay"},
		{"no days", []string{"DeviceEvents", "--retention", "0"}, nil, 1, "no number of days"},
		{"nothing", []string{"DeviceEvents"}, nil, 2, "nothing to change"},
		{"no table", []string{"--retention", "30"}, nil, 2, "name a table"},
		{"both", []string{"DeviceEvents", "--workspace-default", "--retention", "30"}, nil, 2, "name a table"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{answers: map[string]string{"PATCH /tables/DeviceEvents": answer, "PATCH /tables": answer}}
			stdout, stderr, code := s.start(t)(append([]string{"table", "set"}, tt.args...)...)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("exit %d, want %d with %q:\n%s%s", code, tt.code, tt.want, stdout, stderr)
			}
			if diff := cmp.Diff(tt.asked, s.asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
