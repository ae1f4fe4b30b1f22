package assume

import (
	"context"
	"fmt"
	"strings"
)

func (r *run) recentAlerts(ctx context.Context) listed {
	return r.get(ctx, "/security/alerts_v2", "$filter", "lastUpdateDateTime lt "+r.now.UTC().Format(timeFormat), "$top", "100", "$count", "true")
}

func alertsWindow(ctx context.Context, r *run) (State, string) {
	l := r.recentAlerts(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) < 2:
		return few(len(l.rows()), "alerts")
	}
	newest, ok := stamp(l.rows()[0], "lastUpdateDateTime")
	if !ok {
		return Differs, "An alert has no lastUpdateDateTime."
	}
	w := r.get(ctx, "/security/alerts_v2", "$filter", "lastUpdateDateTime ge "+newest.Format(timeFormat)+" and lastUpdateDateTime lt "+r.now.UTC().Format(timeFormat), "$top", "100")
	if !w.ok() {
		return w.no()
	}
	for _, a := range w.rows() {
		if t, ok := stamp(a, "lastUpdateDateTime"); !ok || t.Before(newest) {
			return Differs, "A window returned an alert from before it."
		}
	}
	if len(w.rows()) == 0 {
		return Differs, "A window left out the alert at its very start."
	}
	return Holds, fmt.Sprintf("%d on the first page.", len(l.rows()))
}

func alertsIncident(ctx context.Context, r *run) (State, string) {
	l := r.recentAlerts(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) == 0:
		return few(0, "alerts")
	}
	without := 0
	for _, a := range l.rows() {
		if a.text("incidentId") == "" {
			without++
		}
	}
	if 2*without > len(l.rows()) {
		return Differs, fmt.Sprintf("%d of %d alerts name none.", without, len(l.rows()))
	}
	return Holds, fmt.Sprintf("%d of %d do.", len(l.rows())-without, len(l.rows()))
}

func alertsEvidence(ctx context.Context, r *run) (State, string) {
	l := r.recentAlerts(ctx)
	if !l.ok() {
		return l.no()
	}
	kinds, n := map[string]bool{}, 0
	for _, a := range l.rows() {
		for _, e := range a.objects("evidence") {
			kind := e.text("@odata.type")
			if !strings.HasPrefix(kind, "#microsoft.graph.security.") {
				return Differs, fmt.Sprintf("Evidence has the kind %q.", kind)
			}
			n++
			kinds[kind] = true
		}
	}
	if n == 0 {
		return few(0, "pieces of evidence")
	}
	return Holds, fmt.Sprintf("%d pieces of %d kinds.", n, len(kinds))
}

func alertsHuntingID(ctx context.Context, r *run) (State, string) {
	l := r.recentAlerts(ctx)
	switch {
	case !l.ok():
		return l.no()
	case len(l.rows()) == 0:
		return few(0, "alerts")
	}
	// The newest may not be in the hunting tables yet, the oldest not any more.
	found, asked := 0, 0
	for i := 0; i < len(l.rows()) && found == 0; i += max(1, len(l.rows())/8) {
		id := l.rows()[i].text("id")
		if id == "" || strings.ContainsAny(id, "\"\\\n") {
			continue
		}
		asked++
		h := r.hunt(ctx, map[string]any{"Query": `AlertInfo | where AlertId == "` + id + `" | take 1`})
		if !h.ok() {
			return h.no()
		}
		if len(h.body.objects("results")) > 0 {
			found++
		}
	}
	switch {
	case asked == 0:
		return Unclear, "No alert has an id that can be asked for."
	case found == 0:
		return Differs, fmt.Sprintf("None of %d alerts is in AlertInfo.", asked)
	}
	return Holds, fmt.Sprintf("One of %d alerts that were asked for is in AlertInfo.", asked)
}
