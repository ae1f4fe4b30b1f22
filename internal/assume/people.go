package assume

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

func tokenRoles(_ context.Context, r *run) (State, string) {
	switch {
	case r.token.TenantID == "":
		return Differs, "The token names no tenant."
	case len(r.token.Roles) == 0:
		return Differs, "The token names no permissions."
	}
	return Holds, fmt.Sprintf("It names %d permissions.", len(r.token.Roles))
}

func organization(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, "/organization")
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) != 1 || !strings.EqualFold(l.rows()[0].text("id"), r.token.TenantID):
		return Differs, "It is another one."
	}
	return Holds, "It is."
}

func errorShape(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, incidentList+"/99999999999")
	if l.err != nil || l.status >= 500 || l.status == http.StatusTooManyRequests || l.status == http.StatusForbidden {
		return l.no()
	}
	e, _ := l.body["error"].(map[string]any)
	inner, _ := e["innerError"].(map[string]any)
	switch {
	case l.status != http.StatusNotFound:
		return Differs, fmt.Sprintf("An incident that is not there is %d %s.", l.status, l.code())
	case object(e).text("code") == "" || object(e).text("message") == "":
		return Differs, "A refusal has no code or no message."
	case object(inner).text("request-id") == "":
		return Differs, "A refusal has no request id in it."
	}
	return Holds, "404 " + l.code() + "."
}

func dateHeader(ctx context.Context, r *run) (State, string) {
	l := r.recent(ctx)
	if !l.ok() {
		return l.no()
	}
	t, err := http.ParseTime(l.header.Get("Date"))
	if err != nil {
		return Differs, "There is none."
	}
	return Holds, fmt.Sprintf("It differs from this host's by about %d s.", int(r.now.Sub(t).Abs().Seconds()))
}

func usersManager(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, "/users", "$select", "id,userPrincipalName,onPremisesSecurityIdentifier", "$expand", "manager($select=id,displayName,userPrincipalName)", "$top", "999")
	if !l.ok() {
		return l.no()
	}
	managed := 0
	for _, u := range l.rows() {
		if m, ok := u["manager"].(map[string]any); ok && object(m).text("userPrincipalName") != "" {
			managed++
		}
	}
	if managed == 0 {
		return Unclear, fmt.Sprintf("None of %d users has a manager.", len(l.rows()))
	}
	return Holds, fmt.Sprintf("%d of %d users came with one.", managed, len(l.rows()))
}

func groupsDelta(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, "/groups/delta", "$select", "id,displayName,members")
	groups, members := 0, 0
	for pages := 1; ; pages++ {
		if !l.ok() {
			return l.no()
		}
		for _, g := range l.rows() {
			groups++
			members += len(g.objects("members@delta"))
		}
		switch next := l.body.text("@odata.nextLink"); {
		case l.body.text("@odata.deltaLink") != "" && groups == 0:
			return few(0, "groups")
		case l.body.text("@odata.deltaLink") != "" && members == 0:
			return Unclear, fmt.Sprintf("%d groups have no member.", groups)
		case l.body.text("@odata.deltaLink") != "":
			return Holds, fmt.Sprintf("%d groups, %d members, then a delta link.", groups, members)
		case next == "":
			return Differs, "The last page has no delta link."
		case pages == 10:
			return Unclear, fmt.Sprintf("After %d pages with %d groups there are more; members@delta came: %v.", pages, groups, members > 0)
		default:
			l = r.get(ctx, next)
		}
	}
}

func roleMembers(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, "/directoryRoles")
	if !l.ok() {
		return l.no()
	}
	kinds := map[string]int{}
	for i, role := range l.rows() {
		if i == 10 {
			break
		}
		m := r.get(ctx, "/directoryRoles/"+role.text("id")+"/members")
		if !m.ok() {
			return m.no()
		}
		for _, o := range m.rows() {
			kinds[strings.TrimPrefix(o.text("@odata.type"), "#microsoft.graph.")]++
		}
	}
	switch {
	case len(kinds) == 0:
		return few(0, "members of roles")
	case kinds[""] > 0:
		return Differs, fmt.Sprintf("%d members came without their kind.", kinds[""])
	}
	return Holds, fmt.Sprintf("%d users, %d groups, %d service principals.", kinds["user"], kinds["group"], kinds["servicePrincipal"])
}

func sensors(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, "/security/identities/sensors")
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) == 0:
		return few(0, "sensors")
	}
	healthy := 0
	for _, s := range l.rows() {
		if s.text("healthStatus") == "" || s.text("serviceStatus") == "" {
			return Differs, "A sensor does not say how it is."
		}
		if s.text("healthStatus") == "healthy" {
			healthy++
		}
	}
	return Holds, fmt.Sprintf("%d of %d sensors are healthy.", healthy, len(l.rows()))
}

func identityAccounts(ctx context.Context, r *run) (State, string) {
	l := r.get(ctx, "/security/identities/identityAccounts", "$top", "999")
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) == 0:
		return few(0, "accounts")
	}
	domain := 0
	for _, a := range l.rows() {
		if a.text("onPremisesSecurityIdentifier") != "" {
			domain++
		}
	}
	if domain == 0 {
		return Differs, fmt.Sprintf("None of %d accounts has one.", len(l.rows()))
	}
	return Holds, fmt.Sprintf("%d of %d accounts have one.", domain, len(l.rows()))
}
