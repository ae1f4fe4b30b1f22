package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestIntakeCommands prints what fills and proves the store.
func TestIntakeCommands(t *testing.T) {
	const snapshots = `{"items":[{"table":"DeviceTvmSoftwareInventory","kind":"state","on":true,"everySeconds":86400,"state":"running","parts":4,"partsDone":1,"rows":50,"time":"2026-07-18T12:00:00Z","next":"2026-07-19T12:00:00Z"},{"table":"BehaviorInfo","kind":"events","on":false,"everySeconds":3600,"state":"failed","problem":"throttled \u001b[31m"}]}`
	const raw = `{"kept":{"days":3,"maxBytes":1073741824,"files":2,"bytes":1048576,"from":"2026-07-18T12:00:00Z"},"replay":{"state":"done","from":"2026-07-18T12:00:00Z","to":"2026-07-18T13:00:00Z","tables":["AlertInfo"],"messages":7,"rows":5,"known":2}}`
	const transform = `{"table":"DeviceEvents","query":"source\n| where ActionType == \"A\"","changedBy":"ann","changedAt":"2026-07-18T12:00:00Z","stored24h":10,"dropped24h":90}`
	for _, tt := range []struct {
		args   []string
		ask    string
		answer string
		want   []string
	}{
		{[]string{"snapshot", "list"}, "GET /snapshots", snapshots, []string{"running 1 of 4", "24h0m0s", "07-18 12:00", "07-19 12:00", "off", `throttled \u001b[31m`}},
		{[]string{"snapshot", "run", "all"}, "POST /snapshots", snapshots, []string{"running"}},
		{[]string{"snapshot", "set", "BehaviorInfo", "--off"}, "PUT /snapshots/BehaviorInfo", snapshots, []string{"BehaviorInfo"}},
		{[]string{"backfill", "list"}, "GET /backfills", `{"items":[{"table":"AlertInfo","state":"running","from":"2026-07-01T00:00:00Z","to":"2026-07-18T12:00:00Z","hours":8,"hoursDone":2,"rows":40,"secondsLeft":120},{"table":"DeviceInfo","state":"offered","from":"2026-07-01T00:00:00Z","to":"2026-07-18T12:00:00Z"}]}`, []string{"2 of 8", "2m0s", "offered"}},
		{[]string{"raw", "list"}, "GET /raw", raw, []string{"kept in 2 files", "they go after 3 days", "7 messages read, 5 rows stored, 2 were stored before", "AlertInfo: done"}},
		{[]string{"raw", "list"}, "GET /raw", `{"kept":{"days":0},"replay":null}`, []string{"No originals are kept", "vedette raw set"}},
		{[]string{"raw", "set", "--days", "3"}, "PUT /raw", raw, []string{"they go after 3 days"}},
		{[]string{"raw", "set", "--off"}, "PUT /raw", `{"kept":{"days":0},"replay":null}`, []string{"No originals are kept"}},
		{[]string{"raw", "replay", "--since", "2h", "--preview"}, "POST /raw/replay", `{"kept":{"days":3},"replay":{"state":"done","preview":true,"from":"2026-07-18T12:00:00Z","to":"2026-07-18T13:00:00Z","messages":7,"rows":5,"known":2,"byTable":{"AlertInfo":4,"DeviceInfo":1}}}`, []string{"Preview of a replay", "5 rows would be stored, 2 are stored already", "AlertInfo: 4", "DeviceInfo: 1"}},
		{[]string{"raw", "stop"}, "DELETE /raw/replay", raw, []string{"kept in 2 files"}},
		{[]string{"raw", "replay", "--since", "2h"}, "POST /raw/replay", raw, []string{"5 rows stored"}},
		{[]string{"table", "transform", "show"}, "GET /transforms", `{"items":[` + transform + `]}`, []string{"DeviceEvents", "90", `source | where ActionType == "A"`}},
		{[]string{"table", "transform", "preview", "DeviceEvents", "source"}, "POST /tables/DeviceEvents/transform/preview", `{"in":200,"out":150,"dropped":50,"added":["X"],"removed":["Y","Z"],"from":"live"}`, []string{"Of the 200 newest rows as they came in, 150 would be stored and 50 dropped.", "added: X", "removed: Y, Z"}},
		{[]string{"table", "transform", "clear", "DeviceEvents"}, "DELETE /tables/DeviceEvents/transform", ``, []string{"as they come in"}},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			s := &server{answers: map[string]string{tt.ask: tt.answer}}
			stdout, stderr, code := s.start(t)(tt.args...)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			for _, w := range tt.want {
				if !strings.Contains(stdout, w) {
					t.Errorf("%q is missing:\n%s", w, stdout)
				}
			}
			if strings.Contains(stdout, "\x1b") {
				t.Errorf("an escape sequence reached the output: %q", stdout)
			}
		})
	}
}

// TestReplayLetters asks until nothing is left, and adds up what was stored.
func TestReplayLetters(t *testing.T) {
	answers := []string{
		`{"letters":4,"stored":3,"rows":5,"stay":1,"tables":{"AlertInfo":5},"more":true,"trouble":[]}`,
		`{"letters":3,"stored":2,"rows":2,"stay":1,"cut":1,"tables":{"AlertInfo":1,"DeviceInfo":1},"trouble":[{"id":"3c59dc04","reason":"cut","detail":"only the beginning was kept"}]}`,
	}
	s := &server{}
	s.handler = func(w http.ResponseWriter, _ *http.Request) {
		if _, err := io.WriteString(w, answers[len(s.asked)-1]); err != nil {
			t.Error(err)
		}
	}
	stdout, stderr, code := s.start(t)("deadletter", "replay", "--reason", "noTime")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{"5 letters stored as 7 rows; 1 cannot be stored yet", "AlertInfo", "6", "DeviceInfo", "only the beginning was kept"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing:\n%s", want, stdout)
		}
	}
	if len(s.asked) != 2 || !strings.HasPrefix(s.asked[0], "POST /deadletters/replay") || !strings.Contains(s.asked[1], `"noTime"`) {
		t.Errorf("asked %v", s.asked)
	}
}
