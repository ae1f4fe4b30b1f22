package metatest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
)

// testAccounts removes a user with what refers to it, refuses what refers to nobody, and lets a name be taken once.
func testAccounts(t *testing.T, open Opener) {
	db := open(t)
	repo, ctx := db.Auth(), t.Context()
	at := time.Unix(1_800_000_000, 0).UTC()
	for _, n := range []string{"b", "a"} {
		must(t, repo.PutUser(ctx, auth.User{Name: n, PasswordHash: "h", Role: "admin", Created: at}))
	}
	must(t, repo.LinkTenant(ctx, "a", "tenant", "object"))
	must(t, repo.PutUser(ctx, auth.User{Name: "a", PasswordHash: "h2", Role: "reader", Created: at.Add(time.Hour)}))
	users := got[[]auth.User](t)(open(t).Auth().Users(ctx))
	same(t, []auth.User{{Name: "a", PasswordHash: "h2", Role: "reader", Created: at, TenantID: "tenant", ObjectID: "object"}, {Name: "b", PasswordHash: "h", Role: "admin", Created: at}}, users)

	must(t, repo.PutSession(ctx, auth.Session{Digest: "s", User: "a", Created: at, Seen: at}))
	must(t, repo.PutSession(ctx, auth.Session{Digest: "old", User: "b", Created: at, Seen: at}))
	must(t, repo.PutLink(ctx, "l", "a", at.Add(time.Hour)))
	if err := repo.PutSession(ctx, auth.Session{Digest: "x", User: "nobody", Created: at, Seen: at}); err == nil {
		t.Error("a session of nobody was taken")
	}
	if err := repo.PutLink(ctx, "x", "nobody", at); err == nil {
		t.Error("a link of nobody was taken")
	}
	must(t, repo.DeleteUser(ctx, "a"))
	if _, err := repo.Session(ctx, "s"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the session of a removed user: %v", err)
	}
	if _, err := repo.TakeLink(ctx, "l", at); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the link of a removed user: %v", err)
	}
	for name, err := range map[string]error{"user": repo.DeleteUser(ctx, "a"), "principal": repo.DeletePrincipal(ctx, "none")} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("removing a %s that is not there: %v", name, err)
		}
	}
	must(t, repo.DeleteSession(ctx, "not there"))
	// A session past its longest life goes when another is used.
	must(t, repo.PutSession(ctx, auth.Session{Digest: "new", User: "b", Created: at.Add(auth.SessionMax), Seen: at.Add(auth.SessionMax + time.Second)}))
	if _, err := repo.Session(ctx, "old"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an old session: %v", err)
	}

	p := auth.Principal{ClientID: "c1", Name: "p", SecretHash: "h", Role: "reader", Created: at}
	must(t, repo.PutPrincipal(ctx, p))
	if err := repo.PutPrincipal(ctx, auth.Principal{ClientID: "c2", Name: "p", Created: at}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second principal of a name: %v", err)
	}
	if err := repo.PutPrincipal(ctx, auth.Principal{ClientID: "c1", Name: "q", Created: at}); err == nil {
		t.Error("a second principal of a client id was taken")
	}
	same(t, []auth.Principal{p}, got[[]auth.Principal](t)(repo.Principals(ctx)))
	must(t, repo.DeletePrincipal(ctx, "p"))
}

// testLinks takes a one-time link from many goroutines: one of them gets it.
func testLinks(t *testing.T, open Opener) {
	repo, ctx := open(t).Auth(), t.Context()
	at := time.Unix(1_800_000_000, 0).UTC()
	must(t, repo.PutUser(ctx, auth.User{Name: "a", Created: at}))
	must(t, repo.PutLink(ctx, "late", "a", at))
	must(t, repo.PutLink(ctx, "l", "a", at.Add(time.Hour)))
	if _, err := repo.TakeLink(ctx, "late", at); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a link that ends now: %v", err)
	}
	var taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if user, err := repo.TakeLink(ctx, "l", at); err == nil && user == "a" {
				taken.Add(1)
			} else if fault.KindOf(err) != fault.NotFound {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	same(t, int32(1), taken.Load())
}
