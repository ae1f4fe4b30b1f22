package ueba

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

var here = Workspace{ID: "w", TenantID: "t"}

// told takes the rows that wait in the outbox, in their order.
func told(t *testing.T, db *meta.DB) []model.Row {
	t.Helper()
	waiting, err := db.Incidents().Events(t.Context(), "w", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var out []model.Row
	for _, e := range waiting {
		var r model.Row
		if err := json.Unmarshal([]byte(e.Body), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if len(waiting) > 0 {
		err = db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error {
			return tx.DropEvents(ctx, "w", waiting[len(waiting)-1].Seq+1)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// brief is a row in short: UPN or SID, source system, change source, and what a column says.
func brief(rows []model.Row, col string) []string {
	var out []string
	for _, r := range rows {
		v := r.Values
		who := v["AccountUPN"]
		if who == "" {
			who = v["AccountSID"]
		}
		out = append(out, fmt.Sprintf("%v %v %v %v", who, v["SourceSystem"], v["ChangeSource"], v[col]))
	}
	return out
}

func take(t *testing.T, s *Service, source string, b Batch) {
	t.Helper()
	if err := s.take(t.Context(), here, source, b); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestPeopleOfTwoSourcesAreOne(t *testing.T) {
	s, db := service(t, nil)
	yes := true
	cloud := model.Person{ID: "o1", ObjectID: "O1", SID: "s-1-5-21-7", UPN: "ada@x", DisplayName: "Ada", Department: "IT", Enabled: &yes, Groups: []string{"SOC", "All"}}
	only := model.Person{ID: "o2", ObjectID: "o2", UPN: "guest@x", DisplayName: "Guest"}
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{cloud, only}})
	same(t, "first reading", brief(told(t, db), "Department"), "ada@x Hybrid FullSync IT", "guest@x AzureActiveDirectory FullSync ")

	domain := model.Person{ID: "S-1-5-21-7", SID: "S-1-5-21-7", SAMAccount: "ada", Domain: "CORP", DistinguishedName: "CN=Ada", Department: "Old", Groups: []string{"soc", "Admins"}}
	local := model.Person{ID: "S-1-5-21-8", SID: "S-1-5-21-8", SAMAccount: "svc"}
	take(t, s, "ldap/dc1", Batch{Full: true, People: []model.Person{domain, local}})
	rows := told(t, db)
	same(t, "the domain joins", brief(rows, "SAMAccountName"), "ada@x Hybrid ActiveDirectory ada", "S-1-5-21-8 ActiveDirectory FullSync svc")
	if v := rows[0].Values; v["Department"] != "IT" || v["OnPremisesDistinguishedName"] != "CN=Ada" || v["AccountObjectId"] != "O1" {
		t.Errorf("merged wrongly: %v", v)
	}
	if d := cmp.Diff([]any{"Admins", "All", "SOC"}, rows[0].Values["GroupMembership"]); d != "" {
		t.Error(d)
	}

	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{cloud, only}})
	take(t, s, "ldap/dc1", Batch{})
	same(t, "nothing changed", brief(told(t, db), ""))

	// Somebody who is gone in one source stays by the other.
	take(t, s, "ldap/dc1", Batch{Gone: []string{"S-1-5-21-7"}})
	rows = told(t, db)
	same(t, "gone in the domain", brief(rows, "SAMAccountName"), "ada@x Hybrid ActiveDirectory ")
	if rows[0].Values["DeletedDateTime"] != nil {
		t.Error("told as deleted while Entra has them")
	}
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{only}})
	rows = told(t, db)
	same(t, "gone everywhere", brief(rows, "IsAccountEnabled"), "ada@x Hybrid AzureActiveDirectory false")
	if rows[0].Values["DeletedDateTime"] == nil {
		t.Error("a deletion without its time")
	}

	// They come back.
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{cloud, only}})
	rows = told(t, db)
	same(t, "restored", brief(rows, "IsAccountEnabled"), "ada@x Hybrid AzureActiveDirectory true")
	if rows[0].Values["DeletedDateTime"] != nil {
		t.Error("restored, but still told as deleted")
	}
}

// TestAccountIsAdopted links an account of the domain that was told of on its own to a user that appears later.
func TestAccountIsAdopted(t *testing.T) {
	s, db := service(t, nil)
	take(t, s, SourceDefender, Batch{Full: true, People: []model.Person{{ID: "S-1", SID: "S-1", SAMAccount: "bo"}}})
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{{ID: "o1", ObjectID: "o1", SID: "S-1", UPN: "bo@x"}}})
	same(t, "rows", brief(told(t, db), "SAMAccountName"), "S-1 ActiveDirectory FullSync bo", "bo@x Hybrid FullSync bo")
	if _, ok, err := db.Identities().Identity(t.Context(), "w", "sid:S-1"); ok || err != nil {
		t.Errorf("the account is still an identity of its own: %v %v", ok, err)
	}
}

func TestEmptyAnswerDeletesNobody(t *testing.T) {
	s, db := service(t, nil)
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{{ID: "o1", ObjectID: "o1", UPN: "a@x"}}})
	told(t, db)
	err := s.take(t.Context(), here, SourceEntra, Batch{Full: true})
	if fault.CodeOf(err) != "directory_empty" {
		t.Errorf("got %v", err)
	}
	same(t, "rows", brief(told(t, db), ""))
}

// TestHalfDoneWorkIsFinished stores records as a crash before the telling would leave them.
func TestHalfDoneWorkIsFinished(t *testing.T) {
	s, db := service(t, nil)
	var people []model.Person
	for i := range 3*inOneGo + 7 {
		people = append(people, model.Person{ID: fmt.Sprint(i), ObjectID: fmt.Sprint("o", i), UPN: fmt.Sprintf("u%04d@x", i)})
	}
	err := db.ChangeIdentities(t.Context(), func(ctx context.Context, tx meta.IdentityTx) error {
		for _, p := range people {
			if err := putPerson(ctx, tx, "w", SourceEntra, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.settle(t.Context(), here, false); err != nil {
		t.Fatal(err)
	}
	rows := told(t, db)
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Source] = true
	}
	if len(rows) != len(people) || len(seen) != len(people) {
		t.Errorf("%d rows from %d sources for %d people", len(rows), len(seen), len(people))
	}
	take(t, s, SourceEntra, Batch{Full: true, People: people})
	same(t, "read again", brief(told(t, db), ""))
}

func TestToldAgainAfterAFortnightAndForgotten(t *testing.T) {
	s, db := service(t, nil)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	a, b := model.Person{ID: "1", ObjectID: "1", UPN: "a@x"}, model.Person{ID: "2", ObjectID: "2", UPN: "b@x"}
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{a, b}})
	now = now.Add(24 * time.Hour)
	a.JobTitle = "Lead"
	take(t, s, SourceEntra, Batch{Full: true, People: []model.Person{a}})
	same(t, "changes", brief(told(t, db), "JobTitle"), "a@x AzureActiveDirectory FullSync ", "b@x AzureActiveDirectory FullSync ",
		"a@x AzureActiveDirectory AzureActiveDirectory Lead", "b@x AzureActiveDirectory AzureActiveDirectory ")
	now = now.Add(13 * 24 * time.Hour)
	again := func() []string {
		t.Helper()
		if err := s.retell(t.Context(), here); err != nil {
			t.Fatal(err)
		}
		return brief(told(t, db), "JobTitle")
	}
	same(t, "a day early", again())
	now = now.Add(25 * time.Hour)
	same(t, "a fortnight later", again(), "a@x AzureActiveDirectory FullSync Lead")
	same(t, "once only", again())
	now = now.Add(31 * 24 * time.Hour)
	again()
	if _, ok, err := db.Identities().Record(t.Context(), "w", SourceEntra, "2"); ok || err != nil {
		t.Errorf("somebody long gone is still known: %v %v", ok, err)
	}
}

// fake is a source under a test's control.
type fake struct {
	batches chan Batch
	fails   chan error
	fulls   []bool
}

func (f *fake) Name() string         { return SourceEntra }
func (f *fake) Title() string        { return "Fake" }
func (f *fake) Directory() string    { return model.AzureActiveDirectory }
func (f *fake) Direct() bool         { return false }
func (f *fake) Every() time.Duration { return 15 * time.Minute }
func (f *fake) Read(ctx context.Context, full bool) (Batch, error) {
	f.fulls = append(f.fulls, full)
	select {
	case b := <-f.batches:
		return b, nil
	case err := <-f.fails:
		return Batch{}, err
	case <-ctx.Done():
		return Batch{}, ctx.Err()
	}
}

// stands is a domain controller that has nobody.
type stands struct{ fake }

func (*stands) Name() string      { return "ldap/dc1" }
func (*stands) Directory() string { return model.ActiveDirectory }
func (*stands) Direct() bool      { return true }

// missing is a source that the tenant does not have.
type missing struct{ fake }

func (*missing) Name() string      { return SourceDefender }
func (*missing) Directory() string { return model.ActiveDirectory }
func (*missing) Read(context.Context, bool) (Batch, error) {
	return Batch{}, fault.New(fault.NotFound, "graph_not_found", "there is no Defender for Identity")
}

// TestADomainControllerStandsIn follows a domain whose tenant has no Defender for Identity: that is no trouble.
func TestADomainControllerStandsIn(t *testing.T) {
	db := open(t, t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		s, err := New(t.Context(), config(db), here)
		if err != nil {
			t.Fatal(err)
		}
		s.SetProber("w", &tenant{state: NotMet})
		dc := &stands{fake{batches: make(chan Batch, 1), fails: make(chan error)}}
		dc.batches <- Batch{Full: true}
		s.Add("w", &missing{})
		s.Add("w", dc)
		if err := s.Set(t.Context(), "w", on(model.ActiveDirectory), "ada"); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.Run(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		v, err := s.Show(t.Context(), "w")
		if d := v.Directories[0]; err != nil || d.State != "connected" || d.Sources[0].State != "off" || !strings.Contains(d.Sources[0].Message, "no Defender for Identity") || d.Sources[1].State != "connected" {
			t.Errorf("%+v %v", d, err)
		}
		stop()
		<-done
	})
}

// TestRunFollowsTheChoice reads only while the choice wants it, reads in full after a failure, and stops with its context.
func TestRunFollowsTheChoice(t *testing.T) {
	db := open(t, t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		s, err := New(t.Context(), config(db), here)
		if err != nil {
			t.Fatal(err)
		}
		src := &fake{batches: make(chan Batch, 1), fails: make(chan error, 1)}
		s.Add("w", src)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.Run(ctx) }()
		state := func() SourceView {
			v, err := s.Show(t.Context(), "w")
			if err != nil {
				t.Fatal(err)
			}
			return v.Directories[1].Sources[0]
		}
		settled := func() { time.Sleep(time.Second); synctest.Wait() }
		settled()
		if len(src.fulls) != 0 || state().State != "off" {
			t.Errorf("read while off: %v, %+v", src.fulls, state())
		}
		set := func(c Change) {
			if err := s.Set(t.Context(), "w", c, "ada"); err != nil {
				t.Fatal(err)
			}
			settled()
		}
		set(on("AzureActiveDirectory"))
		if state().State != "connecting" {
			t.Errorf("before the first answer: %+v", state())
		}
		src.fails <- fault.New(fault.Unavailable, "graph_unavailable", "it is down")
		settled()
		if st := state(); st.State != "error" || st.Message != "it is down" {
			t.Errorf("after a failure: %+v", st)
		}
		time.Sleep(10 * time.Second)
		src.batches <- Batch{Full: true, People: []model.Person{{ID: "1", ObjectID: "1"}}}
		settled()
		if st := state(); st.State != "connected" || st.People != 1 || st.LastRead == nil {
			t.Errorf("after a reading: %+v", st)
		}
		time.Sleep(15 * time.Minute)
		src.batches <- Batch{Warning: "groups may not be read"}
		settled()
		if st := state(); st.State != "degraded" || !strings.Contains(st.Message, "groups") {
			t.Errorf("after a warning: %+v", st)
		}
		if d := cmp.Diff([]bool{true, true, false}, src.fulls); d != "" {
			t.Errorf("full readings (-want +got):\n%s", d)
		}
		no := false
		set(Change{Enabled: &no})
		n := len(src.fulls)
		time.Sleep(time.Hour)
		if len(src.fulls) != n || state().State != "off" {
			t.Errorf("read after it was turned off: %v", src.fulls)
		}
		stop()
		<-done
	})
}
