package msgraph

import (
	"context"
	"encoding/base64"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// TestOneRequestTriesWhetherTheServiceIsBack lets twenty callers repeat requests against a service that is down for an
// hour: few requests reach it, never two at a time once it counts as down, and all go on when it is back.
func TestOneRequestTriesWhetherTheServiceIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{PerMinute: 1000, PerHour: 100000}, "")
		start := time.Now()
		var reached, flying, together, ok atomic.Int32
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for l.Wait(ctx, UserWrite) == nil {
					n := flying.Add(1)
					time.Sleep(200 * time.Millisecond)
					down := time.Since(start) < time.Hour
					if down && time.Since(start) > time.Minute {
						together.Store(max(together.Load(), n))
						reached.Add(1)
					}
					flying.Add(-1)
					if down {
						l.Answered(Down)
						continue
					}
					ok.Add(1)
					l.Answered(Up)
					time.Sleep(time.Second)
				}
			})
		}
		time.Sleep(62 * time.Minute)
		cancel()
		wg.Wait()
		if together.Load() != 1 {
			t.Errorf("%d requests at a time while the service is down", together.Load())
		}
		if n := reached.Load(); n < 50 || n > 70 {
			t.Errorf("%d trials in an hour", n)
		}
		if ok.Load() < 20*30 {
			t.Errorf("only %d requests passed after the service was back", ok.Load())
		}
	})
}

func TestATrialThatIsGivenUpBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(Limits{PerMinute: 1000, PerHour: 100000}, "")
		for range downAfter {
			if err := l.Wait(t.Context(), UserWrite); err != nil {
				t.Fatal(err)
			}
			l.Answered(Down)
		}
		if !l.Stats().Down {
			t.Error("five failures and the service does not count as down")
		}
		for range 3 {
			if err := l.Wait(t.Context(), UserWrite); err != nil {
				t.Fatal(err)
			}
			l.Answered(Unclear)
		}
		if err := l.Wait(t.Context(), UserWrite); err != nil {
			t.Fatal(err)
		}
		l.Answered(Up)
		if l.Stats().Down {
			t.Error("an answer and the service still counts as down")
		}
	})
}

// TestEachFamilyHasItsOwnBudget spends the budget of incidents; alerts and people pass all the same.
func TestEachFamilyHasItsOwnBudget(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"value":[],"@odata.nextLink":"https://` + r.Host + `/v1.0/security/incidents?$skip=50"}`))
	}, func(cfg *Config) { cfg.Limiter = NewLimiter(Limits{PerMinute: 2, PerHour: 1000}, "") })
	page, err := c.List(t.Context(), Incidents, time.Time{}, time.Now(), 0, UserWrite)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(t.Context(), Incidents, page, UserWrite); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if left := c.Limiter().Stats().MinuteLeft; left != 0 {
		t.Errorf("%d requests about incidents are left of 2 after a page and the next one", left)
	}
	for range 5 {
		if _, err := c.List(ctx, Alerts, time.Time{}, time.Now(), 0, Inbound); err != nil {
			t.Fatalf("alerts wait for the budget of incidents: %v", err)
		}
		if _, err := c.SearchUsers(ctx, "a", Inbound); err != nil {
			t.Fatalf("people wait for the budget of incidents: %v", err)
		}
	}
}

// claims is a credential that remembers the claims it was asked for.
type claims struct {
	mu    sync.Mutex
	asked []string
}

func (c *claims) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, o.Claims)
	token := "plain"
	if o.Claims != "" {
		token = "with-claims"
	}
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestAClaimsChallengeIsAnswered: the service revokes a token by continuous access evaluation and says which claims the
// next one must answer.
func TestAClaimsChallengeIsAnswered(t *testing.T) {
	const want = `{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`
	cred := &claims{}
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("Authorization") != "Bearer with-claims" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(want))+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"id":"7"}`))
	}, func(cfg *Config) { cfg.Credential = cred })
	if _, err := c.Get(t.Context(), Incidents, "7", UserWrite); err != nil {
		t.Fatal(err)
	}
	if calls.Load() != 2 || len(cred.asked) != 2 || cred.asked[0] != "" || cred.asked[1] != want {
		t.Errorf("%d calls, tokens asked with claims %q", calls.Load(), cred.asked)
	}
}
