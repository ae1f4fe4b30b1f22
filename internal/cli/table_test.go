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

func TestTableJobs(t *testing.T) {
	s := &server{answers: map[string]string{
		"POST /tables/DeviceEvents/restore": `{"table":"DeviceEvents_RST","rows":7}`, "POST /tables/F_SRCH/search": `{"table":"F_SRCH","rows":3,"partial":"cut at 3 rows"}`,
		"DELETE /tables/F_SRCH": `{"table":"F_SRCH","rows":3}`,
	}}
	run := s.start(t)
	for _, tt := range []struct{ args, want string }{
		{"restore DeviceEvents --from 2025-03-01 --to 2025-03-08", "7 rows are in DeviceEvents_RST."},
		{"search F_SRCH --from 2025-03-01 --to 2025-03-08 --query T", "cut at 3 rows"},
		{"drop F_SRCH", "3 rows of F_SRCH were removed."},
	} {
		stdout, stderr, code := run(append([]string{"table"}, strings.Fields(tt.args)...)...)
		if code != 0 || !strings.Contains(stdout, tt.want) {
			t.Errorf("%s: exit %d, want %q:\n%s%s", tt.args, code, tt.want, stdout, stderr)
		}
	}
	if d := cmp.Diff([]string{
		`POST /tables/DeviceEvents/restore {"as":"","from":"2025-03-01","to":"2025-03-08"}`,
		`POST /tables/F_SRCH/search {"from":"2025-03-01","limit":0,"query":"T","to":"2025-03-08"}`, "DELETE /tables/F_SRCH",
	}, s.asked); d != "" {
		t.Error(d)
	}
}
