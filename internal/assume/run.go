package assume

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// Tenant is what the test asks; *msgraph.Client is it. Nothing of it changes anything.
type Tenant interface {
	Look(ctx context.Context, path string, query url.Values) (msgraph.Answer, error)
	LookHunting(ctx context.Context, body map[string]any) (msgraph.Answer, error)
	Token(ctx context.Context) (msgraph.Token, error)
}

// State says what a test found.
type State string

// The states. Unclear means that the tenant gave nothing to judge by: no data, no permission, no answer. Untested means that
// only a change could tell.
const (
	Holds    State = "holds"
	Differs  State = "differs"
	Unclear  State = "unclear"
	Untested State = "untested"
)

// Finding is what was found about one assumption. Seen says what the tenant did, in words and without its data.
type Finding struct {
	ID    string `json:"id"`
	Area  string `json:"area"`
	Text  string `json:"text"`
	State State  `json:"state"`
	Seen  string `json:"seen"`
}

// Report is the result of one test of all assumptions, in the order of the list.
type Report struct {
	TenantID string        `json:"tenantId"`
	Started  time.Time     `json:"started"`
	Seconds  float64       `json:"seconds"`
	Requests int           `json:"requests"`
	Counts   map[State]int `json:"counts"`
	Findings []Finding     `json:"findings"`
}

// Run tests all assumptions against the tenant. It fails only when it cannot sign in: everything after that is a finding. It
// makes about 30 requests one after the other, which the client paces like all others.
func Run(ctx context.Context, t Tenant) (Report, error) {
	r := &run{Tenant: t, now: time.Now()}
	token, err := t.Token(ctx)
	if err != nil {
		return Report{}, err
	}
	r.token = token
	rep := Report{TenantID: token.TenantID, Started: r.now.UTC(), Counts: map[State]int{}}
	for _, a := range list {
		f := Finding{ID: a.ID, Area: a.Area, Text: a.Text, State: Untested, Seen: a.Why}
		if a.test != nil {
			f.State, f.Seen = r.judge(ctx, a)
		}
		if err := ctx.Err(); err != nil {
			return Report{}, fault.New(fault.Unavailable, "probe_stopped", "The test of the tenant was stopped after %d requests: %w.", r.requests, err)
		}
		rep.Counts[f.State]++
		rep.Findings = append(rep.Findings, f)
	}
	rep.Seconds, rep.Requests = time.Since(r.now).Seconds(), r.requests
	return rep, nil
}

// run is one test of a tenant; it keeps answers that several assumptions look at.
type run struct {
	Tenant
	token    msgraph.Token
	now      time.Time
	requests int
	kept     map[string]listed
}

// judge makes one test; a defect in it is no judgement.
func (r *run) judge(ctx context.Context, a Assumption) (s State, seen string) {
	defer func() {
		if p := recover(); p != nil {
			s, seen = Unclear, fmt.Sprintf("The answer could not be judged: %v.", p)
		}
	}()
	return a.test(ctx, r)
}

// object is a JSON object of an answer.
type object map[string]any

func (o object) text(k string) string { s, _ := o[k].(string); return s }

func (o object) objects(k string) []object {
	l, _ := o[k].([]any)
	var out []object
	for _, v := range l {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// listed is an answer that was asked for: its object when the status is 200.
type listed struct {
	status int
	header http.Header
	body   object
	err    error
}

func (l listed) ok() bool       { return l.err == nil && l.status == http.StatusOK && l.body != nil }
func (l listed) rows() []object { return l.body.objects("value") }

// no says why an answer is none, as a finding.
func (l listed) no() (State, string) {
	switch {
	case l.err != nil:
		return Unclear, "No answer: " + l.err.Error()
	case l.status == http.StatusForbidden:
		return Unclear, "The app may not read it (403 " + l.code() + ")."
	case l.status == http.StatusTooManyRequests || l.status >= 500:
		return Unclear, fmt.Sprintf("The service did not answer (%d %s).", l.status, l.code())
	case l.status == http.StatusOK:
		return Differs, "The answer is not a JSON object."
	}
	return Differs, fmt.Sprintf("It is refused with %d %s.", l.status, l.code())
}

func (l listed) code() string {
	e, _ := l.body["error"].(map[string]any)
	return object(e).text("code")
}

// get asks once and keeps the answer.
func (r *run) get(ctx context.Context, path string, pairs ...string) listed {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	key := path + "?" + q.Encode()
	if l, ok := r.kept[key]; ok {
		return l
	}
	r.requests++
	a, err := r.Look(ctx, path, q)
	l := answered(a, err)
	if r.kept == nil {
		r.kept = map[string]listed{}
	}
	r.kept[key] = l
	return l
}

func (r *run) hunt(ctx context.Context, body map[string]any) listed {
	r.requests++
	a, err := r.LookHunting(ctx, body)
	return answered(a, err)
}

func answered(a msgraph.Answer, err error) listed {
	l := listed{status: a.Status, header: a.Header, err: err}
	if err == nil && json.Unmarshal(a.Body, &l.body) != nil {
		l.body = nil
	}
	return l
}

func stamp(o object, k string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, o.text(k))
	return t, err == nil
}
