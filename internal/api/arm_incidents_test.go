package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	si "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/securityinsights/armsecurityinsights/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/model"
)

// official is Microsoft's client, pointed at a server with incidents.
type official struct {
	*caller
	f *si.ClientFactory
}

type fixedToken string

func (t fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func newOfficial(t *testing.T) *official {
	t.Helper()
	c := newCaller(t)
	c.s.Workspaces[0].SubscriptionID, c.s.Workspaces[0].ResourceGroup = "sub-1", "rg"
	srv := httptest.NewTLSServer(c.s.Handler())
	t.Cleanup(srv.Close)
	f, err := si.NewClientFactory("SUB-1", fixedToken(c.token), &arm.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: srv.Client(), Retry: policy.RetryOptions{MaxRetries: -1},
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: srv.URL, Audience: srv.URL}}},
	}, DisableRPRegistration: true})
	if err != nil {
		t.Fatal(err)
	}
	return &official{c, f}
}

// refused checks the status and the code of an error as the client tells it.
func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var re *azcore.ResponseError
	if !errors.As(err, &re) || re.StatusCode != status || re.ErrorCode != code {
		t.Helper()
		t.Errorf("got %v, want %d %s", err, status, code)
	}
}

// listed walks all pages and returns the incidents' numbers.
func (o *official) listed(filter, order string, top int32) ([]int, error) {
	opt := &si.IncidentsClientListOptions{}
	if filter != "" {
		opt.Filter = &filter
	}
	if order != "" {
		opt.Orderby = &order
	}
	if top > 0 {
		opt.Top = &top
	}
	var out []int
	for p := o.f.NewIncidentsClient().NewListPager("rg", "soc", opt); p.More(); {
		page, err := p.NextPage(o.t.Context())
		if err != nil {
			return out, err
		}
		for _, in := range page.Value {
			out = append(out, int(*in.Properties.IncidentNumber))
		}
	}
	return out, nil
}

func TestOfficialClientLists(t *testing.T) {
	o := newOfficial(t)
	for i := range 7 {
		o.make(fmt.Sprintf("made %d", i), "High")
	}
	for _, tc := range []struct {
		filter, order string
		top           int32
		want          []int
	}{
		{"", "", 0, []int{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"", "properties/incidentNumber asc", 1, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"", "properties/severity desc", 3, []int{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"", "properties/title asc", 4, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"properties/severity eq 'low'", "properties/lastActivityTimeUtc asc", 2, []int{1, 2, 3}},
		{"properties/status eq 'New' and properties/severity ne 'Low'", "", 0, []int{10, 9, 8, 7, 6, 5, 4}},
		{"(properties/createdTimeUtc ge 2026-03-01T12:01:00Z) and (properties/createdTimeUtc lt 2026-03-01T12:02:00Z)", "", 0, []int{2}},
		{"properties/createdTimeUtc gt '2026-03-01T12:01:30.000Z' and properties/severity eq 'Low'", "", 0, []int{3}},
		{"properties/providerIncidentId eq '28'", "", 0, []int{2}},
		{"properties/incidentNumber in (1, 3)", "", 0, []int{3, 1}},
		{"contains(properties/title, 'Phish') and not endswith(properties/title, '28')", "", 0, []int{3, 1}},
		{"startswith(tolower(properties/title), 'PHISH')", "", 1, []int{3, 2, 1}},
		{"properties/providerName eq 'Azure Sentinel'", "properties/createdTimeUtc asc", 5, []int{4, 5, 6, 7, 8, 9, 10}},
		{"properties/labels/any(l: l/labelName eq 'made') and properties/title eq 'made 3'", "", 0, []int{7}},
		{"properties/additionalData/alertsCount gt 0", "", 2, []int{3, 2, 1}},
		{"properties/owner/objectId eq null and properties/classification eq null", "", 4, []int{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"properties/classification eq 'Undetermined'", "", 0, nil},
	} {
		got, err := o.listed(tc.filter, tc.order, tc.top)
		if err != nil {
			t.Errorf("%s: %v", tc.filter, err)
		} else if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s by %q, %d a page (-want +got):\n%s", tc.filter, tc.order, tc.top, diff)
		}
	}
	for _, tc := range []struct {
		filter, order string
		top           int32
		code          string
	}{
		{"properties/status equals 'New'", "", 0, "filter_invalid"}, {"properties/colour eq 'red'", "", 0, "filter_invalid"}, {"properties/incidentNumber eq 'x'", "", 0, "filter_invalid"},
		{"properties/createdTimeUtc gt 'yesterday'", "", 0, "filter_invalid"}, {"properties/status gt 'New'", "", 0, "filter_invalid"}, {"properties/title lt null", "", 0, "filter_invalid"},
		{"properties/labels eq 'x'", "", 0, "filter_invalid"}, {"properties/title/any(x: x eq 'y')", "", 0, "filter_invalid"}, {"properties/labels/any(l: l/labelName ne 'x')", "", 0, "filter_invalid"},
		{"properties/labels/any(l: l/labelName eq 'x' and l/labelName eq 'y')", "", 0, "filter_invalid"},
		{"", "properties/description", 0, "order_invalid"}, {"", "properties/title down", 0, "order_invalid"}, {"", "properties/title, properties/status", 0, "order_invalid"},
		{"", "", 5000, "top_invalid"},
	} {
		_, err := o.listed(tc.filter, tc.order, tc.top)
		refused(t, err, 400, tc.code)
	}
	skip := "nonsense"
	p := o.f.NewIncidentsClient().NewListPager("rg", "soc", &si.IncidentsClientListOptions{SkipToken: &skip})
	_, err := p.NextPage(t.Context())
	refused(t, err, 400, "skip_token_invalid")
	for _, path := range [][2]string{{"other", "soc"}, {"rg", "other"}} {
		_, err := o.f.NewIncidentsClient().Get(t.Context(), path[0], path[1], uuid.NewString(), nil)
		var re *azcore.ResponseError
		if !errors.As(err, &re) || re.StatusCode != 404 {
			t.Errorf("in %v: %v", path, err)
		}
	}
}

// make makes an incident by PUT and returns its name.
func (o *official) make(title, severity string) string {
	o.t.Helper()
	name := uuid.NewString()
	r, err := o.f.NewIncidentsClient().CreateOrUpdate(o.t.Context(), "rg", "soc", name, si.Incident{Properties: &si.IncidentProperties{
		Title: &title, Severity: to.Ptr(si.IncidentSeverity(severity)), Status: to.Ptr(si.IncidentStatusNew), Labels: []*si.IncidentLabel{{LabelName: to.Ptr("made")}},
	}}, nil)
	if err != nil || *r.Name != name {
		o.t.Fatalf("%+v, %v", r.Name, err)
	}
	return name
}

// nameOf is the name of the incident with a number.
func (o *official) nameOf(number int64) string {
	o.t.Helper()
	in, err := o.s.Incidents.Get(o.t.Context(), "w", number)
	if err != nil {
		o.t.Fatal(err)
	}
	return in.Name
}

func TestOfficialClientEdits(t *testing.T) {
	o := newOfficial(t)
	c := o.f.NewIncidentsClient()
	name := o.nameOf(1)
	read, err := c.Get(t.Context(), "rg", "soc", name, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := read.Properties
	if *p.ProviderName != "Microsoft XDR" || *p.ProviderIncidentID != "27" || *p.AdditionalData.AlertsCount != 1 || *p.IncidentNumber != 1 || p.CreatedTimeUTC.IsZero() {
		t.Errorf("%+v", p)
	}

	// Sent back as it was read, nothing changes, and its etag stays.
	put := func(in si.Incident) (si.Incident, error) {
		r, err := c.CreateOrUpdate(t.Context(), "rg", "soc", name, in, nil)
		return r.Incident, err
	}
	same, err := put(read.Incident)
	if err != nil || *same.Etag != *read.Etag {
		t.Fatalf("%v; etag %s, before %s", err, *same.Etag, *read.Etag)
	}

	p.Status, p.Classification, p.ClassificationComment = to.Ptr(si.IncidentStatusClosed), to.Ptr(si.IncidentClassificationTruePositive), to.Ptr("blocked")
	p.Labels, p.Owner = append(p.Labels, &si.IncidentLabel{LabelName: to.Ptr("vip")}), &si.IncidentOwnerInfo{UserPrincipalName: to.Ptr("ana@contoso.com")}
	closed, err := put(read.Incident)
	if err != nil {
		t.Fatal(err)
	}
	if q := closed.Properties; *q.Status != "Closed" || *q.ClassificationReason != "SuspiciousActivity" || *q.Owner.UserPrincipalName != "ana@contoso.com" || *q.Labels[0].LabelName != "vip" ||
		*q.Labels[0].LabelType != "User" || *closed.Etag == *read.Etag {
		t.Errorf("%+v", q)
	}
	_, err = put(read.Incident) // the etag is the one before
	refused(t, err, 412, "etag_mismatch")

	// The edit waits to be sent to the tenant, as one by any other way.
	in, err := o.s.Incidents.Get(t.Context(), "w", 1)
	if err != nil || in.Sync.State != model.Pending || !slices.Contains(in.Sync.Pending, "disposition") || !slices.Contains(in.Sync.Pending, "tags") {
		t.Errorf("%v, %+v", err, in.Sync)
	}

	// What is left out stays; an owner of nothing is nobody.
	minimal, err := put(si.Incident{Properties: &si.IncidentProperties{Title: closed.Properties.Title, Severity: to.Ptr(si.IncidentSeverityHigh), Status: to.Ptr(si.IncidentStatusActive)}})
	if err != nil || *minimal.Properties.Severity != "High" || len(minimal.Properties.Labels) != 1 || *minimal.Properties.Owner.UserPrincipalName != "ana@contoso.com" {
		t.Errorf("%v, %+v", err, minimal.Properties)
	}
	cleared, err := put(si.Incident{Properties: &si.IncidentProperties{
		Owner: azcore.NullValue[*si.IncidentOwnerInfo](), Labels: []*si.IncidentLabel{}, Classification: azcore.NullValue[*si.IncidentClassification](),
	}})
	if err != nil || cleared.Properties.Owner.UserPrincipalName != nil || len(cleared.Properties.Labels) != 0 || cleared.Properties.Classification != nil {
		t.Errorf("%v, %+v", err, cleared.Properties)
	}

	for _, tc := range []struct {
		name, body string
		header     map[string]string
		status     int
		want       string
	}{
		{name, `{"properties":{"status":"Closed"}}`, nil, 400, "classification_required"},
		{name, `{"properties":{"status":"Done"}}`, nil, 400, "invalid_status"},
		{name, `{"properties":{"status":null}}`, nil, 400, "invalid_status"},
		{name, `{"properties":{"severity":7}}`, nil, 400, "body_invalid"},
		{name, `{"properties":`, nil, 400, "body_invalid"},
		{name, `{"properties":{"classification":"TruePositive","classificationReason":"InaccurateData"}}`, nil, 400, "invalid_reason"},
		{name, `{"properties":{"owner":{"ownerType":"Group","objectId":"g"}}}`, nil, 400, "owner_group"},
		{name, `{"properties":{"owner":{"assignedTo":"somebody"}}}`, nil, 400, "unknown_owner"},
		{name, `{"properties":{"severity":"Low"}}`, map[string]string{"If-Match": `"1-1"`}, 412, "etag_mismatch"},
		{name, `{"properties":{"severity":"Low"}}`, map[string]string{"If-None-Match": "*"}, 412, "etag_mismatch"},
		{name, `{"properties":{"severity":"Medium"}}`, map[string]string{"If-Match": "*"}, 200, `"severity":"Medium"`},
		{uuid.NewString(), `{"etag":"\"1-1\"","properties":{"severity":"Low"}}`, nil, 412, "etag_mismatch"},
		{uuid.NewString(), `{"properties":{"title":"x","status":"New"}}`, nil, 400, "property_missing"},
		{uuid.NewString(), `{"properties":{"title":"x","status":"New","severity":"Low","firstActivityTimeUtc":"noon"}}`, nil, 400, "time_invalid"},
		{uuid.NewString(), `{"properties":{"title":"x","status":"New","severity":"Low","firstActivityTimeUtc":"2026-03-02T00:00:00Z","lastActivityTimeUtc":"2026-03-01T00:00:00Z"}}`, nil, 400, "invalid_activity"},
		{uuid.NewString(), `{"properties":{"title":"x","status":"Closed","severity":"Low"}}`, nil, 400, "classification_required"},
		{"not-a-guid", `{"properties":{"title":"x","status":"New","severity":"Low"}}`, nil, 400, "name_invalid"},
		{uuid.NewString(), `{"properties":{"title":"x","status":"Closed","severity":"Low","classification":"FalsePositive","classificationReason":"IncorrectAlertLogic","firstActivityTimeUtc":"2026-03-01T00:00:00Z"}}`, nil, 201, `"firstActivityTimeUtc":"2026-03-01T00:00:00Z"`},
	} {
		o.arm("PUT", "/incidents/"+tc.name, tc.body, tc.header, tc.status, tc.want)
	}
}

// arm sends a request that no client would build, and checks the answer.
func (o *official) arm(method, path, body string, header map[string]string, status int, want string) string {
	o.t.Helper()
	const base = "/subscriptions/sub-1/resourcegroups/RG/providers/microsoft.operationalinsights/workspaces/soc/providers/Microsoft.SecurityInsights"
	w := request(o.t, o.s, method, base+path, body, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+o.token)
		for k, v := range header {
			r.Header.Set(k, v)
		}
	})
	if w.Code != status || !strings.Contains(w.Body.String(), want) {
		o.t.Errorf("%s %s %s: %d %s; want %d with %s", method, path, body, w.Code, w.Body, status, want)
	}
	if w.Code >= 400 {
		var e errorBody
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Error.Code == "" || e.Error.Message == "" {
			o.t.Errorf("%s %s: the error is %s", method, path, w.Body)
		}
	}
	return w.Body.String()
}

// TestOfficialClientDeletes: what was made here can be deleted, what the tenant has cannot.
func TestOfficialClientDeletes(t *testing.T) {
	o := newOfficial(t)
	c := o.f.NewIncidentsClient()
	_, err := c.Delete(t.Context(), "rg", "soc", o.nameOf(1), nil)
	refused(t, err, 409, "incident_of_tenant")
	if !strings.Contains(fmt.Sprint(err), "Close it") {
		t.Errorf("the refusal says nothing to do: %v", err)
	}
	name := o.make("exercise", "Low")
	if _, err := o.f.NewIncidentTasksClient().CreateOrUpdate(t.Context(), "rg", "soc", name, uuid.NewString(), si.IncidentTask{
		Properties: &si.IncidentTaskProperties{Title: to.Ptr("call"), Status: to.Ptr(si.IncidentTaskStatusNew)},
	}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete(t.Context(), "rg", "soc", name, nil); err != nil {
		t.Fatal(err)
	}
	_, err = c.Get(t.Context(), "rg", "soc", name, nil)
	refused(t, err, 404, "incident_not_found")
	if _, err := c.Delete(t.Context(), "rg", "soc", name, nil); err != nil {
		t.Errorf("deleted twice: %v", err)
	}
	o.arm("DELETE", "/incidents/"+uuid.NewString(), "", nil, 204, "")
	if got, err := o.listed("", "", 0); err != nil || !slices.Equal(got, []int{3, 2, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	o.make("another", "Low")
	if got, err := o.listed("properties/title eq 'another'", "", 0); err != nil || !slices.Equal(got, []int{5}) {
		t.Errorf("a number was used again: %v, %v", got, err)
	}
}

func TestOfficialClientComments(t *testing.T) {
	o := newOfficial(t)
	c := o.f.NewIncidentCommentsClient()
	put := func(incident, name, message string) (si.IncidentComment, error) {
		r, err := c.CreateOrUpdate(t.Context(), "rg", "soc", incident, name, si.IncidentComment{Properties: &si.IncidentCommentProperties{Message: &message}}, nil)
		return r.IncidentComment, err
	}
	list := func(incident string, top int32) (out []string) {
		opt := &si.IncidentCommentsClientListOptions{Orderby: to.Ptr("properties/createdTimeUtc asc")}
		if top > 0 {
			opt.Top = &top
		}
		for p := c.NewListPager("rg", "soc", incident, opt); p.More(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page.Value {
				out = append(out, *x.Properties.Message)
				if *x.Properties.Author.Name != "script" {
					t.Errorf("written by %s", *x.Properties.Author.Name)
				}
			}
		}
		return out
	}
	remote, local := o.nameOf(1), o.make("here", "Low")
	first := uuid.NewString()
	for _, in := range []string{remote, local} {
		for range 2 { // a repeated request adds it once
			made, err := put(in, first, "look")
			if err != nil || *made.Name != first {
				t.Fatalf("%v, %v", made.Name, err)
			}
		}
		for i := range 3 {
			if _, err := put(in, uuid.NewString(), fmt.Sprint("note ", i)); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"look", "note 0", "note 1", "note 2"}
		for _, top := range []int32{0, 1, 3, 4} {
			if diff := cmp.Diff(want, list(in, top)); diff != "" {
				t.Errorf("%d a page (-want +got):\n%s", top, diff)
			}
		}
		if one, err := c.Get(t.Context(), "rg", "soc", in, first, nil); err != nil || *one.Properties.Message != "look" {
			t.Errorf("%v, %v", one.Properties, err)
		}
		_, err := c.Get(t.Context(), "rg", "soc", in, uuid.NewString(), nil)
		refused(t, err, 404, "comment_not_found")
		_, err = put(in, uuid.NewString(), " ")
		refused(t, err, 400, "invalid_comment")
		_, err = put(in, "first", "x")
		refused(t, err, 400, "name_invalid")
	}
	_, err := put(uuid.NewString(), first, "x")
	refused(t, err, 404, "incident_not_found")

	// The tenant has no way to change or delete a comment; here there is.
	_, err = put(remote, first, "other")
	refused(t, err, 409, "comment_of_tenant")
	_, err = c.Delete(t.Context(), "rg", "soc", remote, first, nil)
	refused(t, err, 409, "comment_of_tenant")
	if changed, err := put(local, first, "other"); err != nil || *changed.Properties.Message != "other" {
		t.Errorf("%v", err)
	}
	if _, err := c.Delete(t.Context(), "rg", "soc", local, first, nil); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"note 0", "note 1", "note 2"}, list(local, 0)); diff != "" {
		t.Errorf("after deleting one (-want +got):\n%s", diff)
	}
	o.arm("DELETE", "/incidents/"+local+"/comments/"+first, "", nil, 204, "")
	o.arm("GET", "/incidents/"+local+"/comments?$orderby=properties/message", "", nil, 400, "order_invalid")
	o.arm("GET", "/incidents/"+local+"/comments?$skipToken=-1", "", nil, 400, "skip_token_invalid")
	o.arm("GET", "/incidents/"+local+"/comments?$filter=x", "", nil, 400, "filter_invalid")
}

func TestOfficialClientTasks(t *testing.T) {
	o := newOfficial(t)
	c := o.f.NewIncidentTasksClient()
	in, task := o.nameOf(2), uuid.NewString()
	made, err := c.CreateOrUpdate(t.Context(), "rg", "soc", in, task, si.IncidentTask{Properties: &si.IncidentTaskProperties{
		Title: to.Ptr("isolate"), Description: to.Ptr("the host"), Status: to.Ptr(si.IncidentTaskStatusNew),
	}}, nil)
	if err != nil || *made.Name != task || *made.Properties.CreatedBy.Name != "script" {
		t.Fatalf("%+v, %v", made.Properties, err)
	}
	made.Properties.Status = to.Ptr(si.IncidentTaskStatusCompleted)
	done, err := c.CreateOrUpdate(t.Context(), "rg", "soc", in, task, made.IncidentTask, nil)
	if err != nil || *done.Properties.Status != "Completed" || *done.Properties.Description != "the host" {
		t.Fatalf("%+v, %v", done.Properties, err)
	}
	_, err = c.CreateOrUpdate(t.Context(), "rg", "soc", in, task, made.IncidentTask, nil) // its etag is the one before
	refused(t, err, 412, "etag_mismatch")
	page, err := c.NewListPager("rg", "soc", in, nil).NextPage(t.Context())
	if err != nil || len(page.Value) != 1 || *page.Value[0].Name != task {
		t.Errorf("%+v, %v", page, err)
	}
	if one, err := c.Get(t.Context(), "rg", "soc", in, task, nil); err != nil || *one.Properties.Title != "isolate" {
		t.Errorf("%v", err)
	}
	o.arm("PUT", "/incidents/"+in+"/tasks/"+uuid.NewString(), `{"properties":{"status":"New"}}`, nil, 400, "invalid_task")
	o.arm("PUT", "/incidents/"+in+"/tasks/"+task, `{"properties":{"status":"Later"}}`, nil, 400, "invalid_task")
	o.arm("PUT", "/incidents/"+in+"/tasks/"+strings.Repeat("x", 101), `{"properties":{"title":"x"}}`, nil, 400, "name_invalid")
	for range 2 {
		if _, err := c.Delete(t.Context(), "rg", "soc", in, task, nil); err != nil {
			t.Error(err)
		}
	}
	_, err = c.Get(t.Context(), "rg", "soc", in, task, nil)
	refused(t, err, 404, "task_not_found")
}

// TestOfficialClientLargeIncidents: the Sentinel-compatible API shows 150 alerts, and tells when there are more; everything
// else shows all.
func TestOfficialClientLargeIncidents(t *testing.T) {
	o := newOfficial(t)
	many := func(id string, n int) {
		o.t.Helper()
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		for from := 0; from < n; from += 1000 {
			var alerts []model.Alert
			for i := from; i < min(n, from+1000); i++ {
				alerts = append(alerts, model.Alert{
					ID: fmt.Sprintf("da%s-%d", id, i), SystemAlertID: uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%s %d", id, i)).String(), IncidentID: id, Title: "Alert", Severity: "Low",
					ProductName: "P", Updated: at, First: at.Add(time.Duration(i) * time.Second), Last: at.Add(time.Hour), Hash: fmt.Sprint(i),
					Entities: []json.RawMessage{json.RawMessage(fmt.Sprintf(`{"$id":"2","Type":"ip","Address":"10.0.%d.%d"}`, i/256, i%256)), json.RawMessage(`{"$id":"3","Type":"host","HostName":"pc","DnsDomain":"corp","Ip":{"$ref":"2"}}`)},
				})
			}
			if _, err := o.s.Incidents.Sink("w").MergeAlerts(t.Context(), alerts, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	many("27", 4999)
	many("28", 149)
	c := o.f.NewIncidentsClient()
	for _, tc := range []struct {
		number     int64
		all        int
		text, host string
	}{{1, 5000, `"alertsCountText":"150+"`, "pc"}, {2, 150, "", "pc"}, {3, 1, "", ""}} {
		name := o.nameOf(tc.number)
		in, err := c.Get(t.Context(), "rg", "soc", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown := min(tc.all, 150)
		if got := int(*in.Properties.AdditionalData.AlertsCount); got != shown {
			t.Errorf("incident %d of %d alerts shows %d", tc.number, tc.all, got)
		}
		if body := o.arm("GET", "/incidents/"+name, "", nil, 200, tc.text); tc.text == "" && strings.Contains(body, "alertsCountText") {
			t.Errorf("incident %d has no more: %s", tc.number, body)
		}
		alerts, err := c.ListAlerts(t.Context(), "rg", "soc", name, nil)
		if err != nil || len(alerts.Value) != shown {
			t.Fatalf("%d alerts, %v; want %d", len(alerts.Value), err, shown)
		}
		if a := alerts.Value[0]; *a.Kind != si.EntityKindEnumSecurityAlert || a.Properties.StartTimeUTC.IsZero() || *a.Properties.SystemAlertID == "" {
			t.Errorf("%+v", a.Properties)
		}
		entities, err := c.ListEntities(t.Context(), "rg", "soc", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, e := range entities.Entities {
			switch x := e.(type) {
			case *si.IPEntity:
				kinds["Ip"]++
				if *x.Properties.Address == "" || *x.Properties.FriendlyName != *x.Properties.Address {
					t.Errorf("%+v", x.Properties)
				}
			case *si.HostEntity:
				kinds["Host"]++
				if *x.Properties.HostName != tc.host || *x.Properties.FriendlyName != "pc.corp" {
					t.Errorf("%+v", x.Properties)
				}
			default:
				t.Errorf("%T", e)
			}
		}
		sums := map[string]int{}
		for _, m := range entities.MetaData {
			sums[string(*m.EntityKind)] = int(*m.Count)
		}
		want := map[string]int{"Ip": shown}
		if tc.host != "" {
			want["Host"] = 1
		}
		if diff := cmp.Diff(want, kinds) + cmp.Diff(want, sums); diff != "" {
			t.Errorf("entities of incident %d (-want +got):\n%s", tc.number, diff)
		}
		relations := 0
		for p := o.f.NewIncidentRelationsClient().NewListPager("rg", "soc", name, nil); p.More(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			relations += len(page.Value)
			for _, r := range page.Value {
				if *r.Properties.RelatedResourceKind != "SecurityAlert" {
					t.Errorf("%+v", r.Properties)
				}
			}
		}
		if relations != shown {
			t.Errorf("%d relations, want %d", relations, shown)
		}
		// The product itself shows all.
		o.ask("GET", fmt.Sprintf("/incidents/%d?alerts=0", tc.number), "", 200, fmt.Sprintf(`"alertsCount":%d`, tc.all))
	}
	name := o.nameOf(3)
	rel, err := o.f.NewIncidentRelationsClient().Get(t.Context(), "rg", "soc", name, name+"_sys29", nil)
	if err != nil || *rel.Properties.RelatedResourceName != "sys29" {
		t.Errorf("%+v, %v", rel.Properties, err)
	}
	_, err = o.f.NewIncidentRelationsClient().CreateOrUpdate(t.Context(), "rg", "soc", name, "x", si.Relation{Properties: &si.RelationProperties{RelatedResourceID: rel.Properties.RelatedResourceID}}, nil)
	refused(t, err, 409, "alerts_of_tenant")
	_, err = o.f.NewIncidentRelationsClient().Get(t.Context(), "rg", "soc", name, "x", nil)
	refused(t, err, 404, "relation_not_found")
	if b, err := c.ListBookmarks(t.Context(), "rg", "soc", name, nil); err != nil || len(b.Value) != 0 {
		t.Errorf("%v, %v", b.Value, err)
	}
	for _, what := range []string{"alerts", "entities", "bookmarks"} {
		o.arm("POST", "/incidents/"+uuid.NewString()+"/"+what, "", nil, 404, "incident_not_found")
	}
}
