package assume

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	incidentList = "/security/incidents"
	timeFormat   = "2006-01-02T15:04:05.0000000Z"
)

// recent is the newest page of incidents, the source of most judgements.
func (r *run) recent(ctx context.Context) listed {
	return r.get(ctx, incidentList, "$filter", "lastUpdateDateTime lt "+r.now.UTC().Format(timeFormat), "$top", "50", "$count", "true")
}

// few says that there is too little to judge by.
func few(n int, what string) (State, string) {
	return Unclear, fmt.Sprintf("There are %d %s, too few to judge by.", n, what)
}

func incidentsWindow(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	if !l.ok() {
		return l.no()
	}
	var stamps []time.Time
	for _, i := range l.rows() {
		if t, ok := stamp(i, "lastUpdateDateTime"); ok {
			stamps = append(stamps, t)
		}
	}
	slices.SortFunc(stamps, time.Time.Compare)
	stamps = slices.Compact(stamps)
	if len(stamps) < 3 {
		return few(len(stamps), "different stamps")
	}
	from, to := stamps[len(stamps)/3], stamps[len(stamps)-1]
	w := r.get(ctx, incidentList, "$filter", "lastUpdateDateTime ge "+from.Format(timeFormat)+" and lastUpdateDateTime lt "+to.Format(timeFormat), "$top", "50")
	if !w.ok() {
		return w.no()
	}
	first := false
	for _, i := range w.rows() {
		t, ok := stamp(i, "lastUpdateDateTime")
		if !ok || t.Before(from) || !t.Before(to) {
			return Differs, "A window returned an incident from outside it."
		}
		first = first || t.Equal(from)
	}
	if !first && len(w.rows()) < 50 {
		return Differs, "A window left out the incident at its very start."
	}
	return Holds, fmt.Sprintf("A window returned %d incidents, all from inside it.", len(w.rows()))
}

func incidentsTop(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	if !l.ok() {
		return l.no()
	}
	more := r.get(ctx, incidentList, "$top", "51")
	switch {
	case more.err != nil || more.status >= 500 || more.status == http.StatusTooManyRequests:
		return more.no()
	case more.status == http.StatusBadRequest:
		return Holds, "51 are refused with 400 " + more.code() + "."
	case more.ok() && len(more.rows()) > 50:
		return Differs, fmt.Sprintf("A page of %d came.", len(more.rows()))
	case more.ok():
		return Differs, fmt.Sprintf("51 are not refused; %d came.", len(more.rows()))
	}
	return more.no()
}

func incidentsCount(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	if !l.ok() {
		return l.no()
	}
	n, ok := l.body["@odata.count"].(float64)
	switch rows := len(l.rows()); {
	case !ok:
		return Differs, "No count came."
	case int(n) < rows, l.body.text("@odata.nextLink") == "" && int(n) != rows, l.body.text("@odata.nextLink") != "" && int(n) == rows:
		return Differs, fmt.Sprintf("The count is %d with %d incidents on the first page and another page: %v.", int(n), rows, l.body.text("@odata.nextLink") != "")
	}
	return Holds, fmt.Sprintf("The count is %d.", int(n))
}

func incidentsPages(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	if !l.ok() {
		return l.no()
	}
	next := l.body.text("@odata.nextLink")
	if next == "" {
		return few(len(l.rows()), "incidents")
	}
	p := r.get(ctx, next)
	if !p.ok() {
		return p.no()
	}
	seen := map[string]bool{}
	for _, i := range l.rows() {
		seen[i.text("id")] = true
	}
	twice := 0
	for _, i := range p.rows() {
		if seen[i.text("id")] {
			twice++
		}
	}
	if twice > 0 {
		return Differs, fmt.Sprintf("%d incidents of the second page were on the first.", twice)
	}
	return Holds, fmt.Sprintf("The second page has %d others.", len(p.rows()))
}

// order tells by which stamp rows fall, "" for none.
func order(rows []object) string {
	for _, k := range []string{"lastUpdateDateTime", "createdDateTime"} {
		if slices.IsSortedFunc(rows, func(a, b object) int {
			x, _ := stamp(a, k)
			y, _ := stamp(b, k)
			return y.Compare(x)
		}) {
			return k
		}
	}
	return ""
}

func incidentsOrder(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) < 5:
		return few(len(l.rows()), "incidents")
	}
	if by := order(l.rows()); by != "" {
		return Holds, "The newest by " + by + " come first."
	}
	return Differs, "They come in no order of time."
}

func incidentsOrderBy(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, incidentList, "$orderby", "lastUpdateDateTime asc", "$top", "50")
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) < 5:
		return few(len(l.rows()), "incidents")
	}
	rows := slices.Clone(l.rows())
	slices.Reverse(rows)
	if order(rows) == "lastUpdateDateTime" {
		return Holds, "It is honoured."
	}
	return Holds, "It is ignored."
}

func incidentsStamp(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) < 5:
		return few(len(l.rows()), "incidents")
	}
	most := 0
	for _, i := range l.rows() {
		_, frac, _ := strings.Cut(strings.TrimSuffix(i.text("lastUpdateDateTime"), "Z"), ".")
		most = max(most, len(strings.TrimRight(frac, "0")))
	}
	if most <= 3 {
		return Differs, fmt.Sprintf("Stamps have %d digits below the second.", most)
	}
	return Holds, fmt.Sprintf("Stamps have up to %d digits below the second.", most)
}

func incidentsFields(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) == 0:
		return few(0, "incidents")
	}
	var missing []string
	for _, f := range []string{"displayName", "description", "severity", "status", "classification", "determination", "assignedTo", "customTags", "summary", "resolvingComment", "lastUpdateDateTime", "createdDateTime", "incidentWebUrl"} {
		if !slices.ContainsFunc(l.rows(), func(o object) bool { _, ok := o[f]; return ok }) {
			missing = append(missing, f)
		}
	}
	if len(missing) > 0 {
		return Differs, "Not in the list: " + strings.Join(missing, ", ") + "."
	}
	return Holds, "All are there."
}

func incidentsStatus(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) == 0:
		return few(0, "incidents")
	}
	seen := map[string]bool{}
	for _, i := range l.rows() {
		seen[i.text("status")] = true
	}
	var odd []string
	for s := range seen {
		if !slices.Contains([]string{"active", "inProgress", "awaitingAction", "resolved", "redirected"}, s) {
			odd = append(odd, s)
		}
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		return Differs, "Others: " + strings.Join(odd, ", ") + "."
	}
	return Holds, fmt.Sprintf("%d of them were seen.", len(seen))
}

func incidentsRedirect(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, incidentList, "$filter", "status eq 'redirected'", "$top", "10")
	if !l.ok() {
		return l.no()
	}
	if len(l.rows()) == 0 {
		return few(0, "merged incidents")
	}
	for _, i := range l.rows() {
		if i.text("redirectIncidentId") == "" {
			return Differs, "A redirected incident does not say where to."
		}
	}
	return Holds, fmt.Sprintf("%d say where to.", len(l.rows()))
}

func incidentsComments(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	if !l.ok() {
		return l.no()
	}
	n := 0
	for _, i := range l.rows() {
		for _, c := range i.objects("comments") {
			n++
			if _, ok := c["comment"].(string); !ok {
				return Differs, "A comment has no text."
			}
			if c.text("createdByDisplayName") == "" || c.text("createdDateTime") == "" {
				if c.text("createdBy") != "" || c.text("createdTime") != "" {
					return Differs, "Author and time are called createdBy and createdTime; both are understood."
				}
				return Differs, "A comment has no author or no time."
			}
		}
	}
	if n == 0 {
		return few(0, "comments")
	}
	return Holds, fmt.Sprintf("%d comments have them.", n)
}

func incidentsExpand(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, incidentList, "$expand", "alerts", "$top", "10")
	switch {
	case l.err == nil && l.status >= 500:
		return Differs, fmt.Sprintf("It fails with %d.", l.status)
	case !l.ok():
		return l.no()
	}
	for _, i := range l.rows() {
		if _, ok := i["alerts"]; !ok {
			return Differs, "An incident came without its alerts."
		}
	}
	return Holds, fmt.Sprintf("%d incidents came with theirs.", len(l.rows()))
}
