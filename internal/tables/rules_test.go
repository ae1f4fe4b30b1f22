package tables

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func TestRules(t *testing.T) {
	basic, analytics := model.PlanBasic, model.PlanAnalytics
	for _, tc := range []struct {
		name  string
		table string
		own   model.TableSettings
		c     Change
		code  string
		want  Retention
	}{
		{name: "nothing chosen", table: "T_CL", want: Retention{Plan: analytics, Interactive: 90, Total: 90, InteractiveDefault: true, TotalDefault: true, Kept: 90}},
		{name: "shortest", table: "T_CL", c: Change{Interactive: ptr(4)}, want: Retention{Plan: analytics, Interactive: 4, Total: 4, TotalDefault: true, Kept: 90, HeldUntil: noon.AddDate(0, 0, 30)}},
		{name: "too short", table: "T_CL", c: Change{Interactive: ptr(3)}, code: "retention_range"},
		{name: "longest", table: "T_CL", c: Change{Interactive: ptr(730), Total: ptr(4383)}, want: Retention{Plan: analytics, Interactive: 730, Total: 4383, Kept: 4383}},
		{name: "too long", table: "T_CL", c: Change{Interactive: ptr(731)}, code: "retention_range"},
		{name: "total too long", table: "T_CL", c: Change{Total: ptr(4384)}, code: "retention_range"},
		{name: "total below interactive", table: "T_CL", c: Change{Interactive: ptr(60), Total: ptr(30)}, code: "retention_order"},
		{name: "negative", table: "T_CL", c: Change{Total: ptr(-1)}, code: "retention_range"},
		{name: "directory too short", table: "IdentityInfo", c: Change{Interactive: ptr(13)}, code: "retention_range"},
		{name: "directory", table: "IdentityInfo", own: model.TableSettings{Interactive: 14}, want: Retention{Plan: analytics, Interactive: 14, Total: 14, TotalDefault: true, Kept: 14}},
		{name: "basic", table: "DeviceEvents", c: Change{Plan: &basic, Total: ptr(365)}, want: Retention{Plan: basic, Interactive: 30, Total: 365, Kept: 365}},
		{name: "basic has its days", table: "DeviceEvents", c: Change{Plan: &basic, Interactive: ptr(90)}, code: "retention_fixed"},
		{name: "incidents stay", table: "SecurityIncident", c: Change{Plan: &basic}, code: "plan_refused"},
		{name: "back to the default", table: "T_CL", own: model.TableSettings{Interactive: 30, Total: 60}, c: Change{Interactive: ptr(0), Total: ptr(0)},
			want: Retention{Plan: analytics, Interactive: 90, Total: 90, InteractiveDefault: true, TotalDefault: true, Kept: 90}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.own.Table = tc.table
			next, err := tc.c.apply(tc.own, model.TableSettings{}, "ada", noon)
			if err != nil || tc.code != "" {
				if fault.CodeOf(err) != tc.code {
					t.Fatalf("got %v, want code %q", err, tc.code)
				}
				return
			}
			if d := cmp.Diff(tc.want, effective(next, model.TableSettings{}, noon)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestGrace follows one table: a shorter total holds back for 30 days, a longer one counts at once.
func TestGrace(t *testing.T) {
	own := model.TableSettings{Table: "T_CL", Interactive: 30, Total: 365}
	step := func(days, total int) Retention {
		t.Helper()
		var err error
		if own, err = (Change{Total: &total}).apply(own, model.TableSettings{}, "ada", noon.AddDate(0, 0, days)); err != nil {
			t.Fatal(err)
		}
		return effective(own, model.TableSettings{}, noon.AddDate(0, 0, days))
	}
	if r := step(0, 60); r.Kept != 365 || r.Total != 60 {
		t.Errorf("just shortened: %+v", r)
	}
	if r := effective(own, model.TableSettings{}, noon.AddDate(0, 0, 29)); r.Kept != 365 {
		t.Errorf("in grace: %+v", r)
	}
	if r := effective(own, model.TableSettings{}, noon.AddDate(0, 0, 30)); r.Kept != 60 {
		t.Errorf("after grace: %+v", r)
	}
	if r := step(10, 90); r.Kept != 365 || !r.HeldUntil.Equal(noon.AddDate(0, 0, 30)) {
		t.Errorf("longer in grace, but not so long as before: %+v", r)
	}
	if r := step(11, 730); r.Kept != 730 || !r.HeldUntil.IsZero() {
		t.Errorf("longer than before: %+v", r)
	}
}

// TestNothingGoesWithinGrace makes random changes of a table and of the default: days that a change drops stay for 30 more.
func TestNothingGoesWithinGrace(t *testing.T) {
	type promise struct {
		days  int
		until time.Time
	}
	rapid.Check(t, func(t *rapid.T) {
		now, all := noon, map[string]model.TableSettings{}
		var promises []promise
		look := func() Retention {
			r := effective(settingsOf(all, "T_CL"), all[""], now)
			for _, p := range promises {
				if now.Before(p.until) && r.Kept < p.days {
					t.Fatalf("%d days are kept at %s, and %d were promised until %s", r.Kept, now, p.days, p.until)
				}
			}
			return r
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "days"))
			before := look()
			name := rapid.SampledFrom([]string{"", "T_CL"}).Draw(t, "table")
			pick := func(label string) *int {
				return rapid.SampledFrom([]*int{nil, ptr(0), ptr(4), ptr(30), ptr(90), ptr(400)}).Draw(t, label)
			}
			next, err := (Change{Interactive: pick("interactive"), Total: pick("total")}).apply(settingsOf(all, name), all[""], "ada", now)
			if err != nil {
				continue
			}
			all[name] = next
			t.Logf("%s %q: %+v", now, name, next)
			if effective(settingsOf(all, "T_CL"), all[""], now).Total < before.Total {
				promises = append(promises, promise{before.Total, now.AddDate(0, 0, 30)})
			}
			look()
		}
	})
}

func TestBelieve(t *testing.T) {
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	c, waiting := believe(model.RetentionClock{}, false, at(0), 0)
	if waiting || !c.Trusted.Equal(at(0)) {
		t.Fatalf("first look: %+v", c)
	}
	if c, waiting = believe(c, true, at(70), 0); waiting || !c.Trusted.Equal(at(70)) {
		t.Errorf("off for a weekend: %+v", c)
	}
	if c, waiting = believe(c, true, at(60), time.Hour); waiting || !c.Trusted.Equal(at(60)) {
		t.Errorf("set back: %+v", c)
	}
	const year = 24 * 365
	if c, waiting = believe(c, true, at(60+year), time.Hour); !waiting || !c.Trusted.Equal(at(61)) {
		t.Errorf("a year ahead: %+v", c)
	}
	for i := 1; i <= 24; i++ {
		if !waiting {
			t.Fatalf("believed after %d hours", i-1)
		}
		c, waiting = believe(c, true, at(60+year+i), time.Hour)
	}
	if waiting || !c.Trusted.Equal(at(60+year+24)) {
		t.Errorf("not believed after a day: %+v", c)
	}
	// Set ahead again and put right before the day is over.
	c, _ = believe(c, true, at(60+2*year), time.Hour)
	right := at(60 + year + 26)
	if c, waiting = believe(c, true, right, time.Hour); waiting || !c.Trusted.Equal(right) {
		t.Errorf("put right: %+v", c)
	}
	// A restart keeps what was waited for; a second jump does not.
	c, _ = believe(c, true, at(60+3*year), time.Hour)
	c, _ = believe(c, true, at(62+3*year), 2*time.Hour)
	if c, _ = believe(c, true, at(63+3*year), 0); c.Settled != 2*time.Hour {
		t.Errorf("after a restart: %+v", c)
	}
	if c, _ = believe(c, true, at(64+4*year), time.Hour); c.Settled != 0 {
		t.Errorf("after a second jump: %+v", c)
	}
}
