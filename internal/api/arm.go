package api

import (
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
)

// armWorkspace is where a workspace's resources stand in Azure Resource Manager, armInsights those of Sentinel.
const (
	armWorkspace = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.OperationalInsights/workspaces/{ws}"
	armInsights  = armWorkspace + "/providers/Microsoft.SecurityInsights"
)

// arm adds a route below a workspace's Resource Manager path; any api-version is answered. The caller must be allowed the
// action, and the coordinates must be the workspace's.
func (s *Server) arm(act auth.Action, method, path string, h func(w http.ResponseWriter, r *http.Request, ws *Workspace) error) {
	for seg := range strings.SplitSeq(path, "/") {
		if seg != "" && seg[0] != '{' {
			s.armWords[strings.ToLower(seg)] = seg
		}
	}
	s.private(act, method+" "+path, func(w http.ResponseWriter, r *http.Request) error {
		ws, err := s.inWorkspace(r)
		if err == nil && (!strings.EqualFold(ws.SubscriptionID, r.PathValue("sub")) || !strings.EqualFold(ws.ResourceGroup, r.PathValue("rg"))) {
			err = fault.New(fault.NotFound, "ResourceNotFound", "there is no workspace %q in resource group %q of subscription %q", r.PathValue("ws"), r.PathValue("rg"), r.PathValue("sub"))
		}
		if err != nil {
			return err
		}
		return h(w, r, ws)
	})
}

// armID is the id of a resource below the workspace; path is its canonical path with the last segments filled in.
func (ws *Workspace) armID(rest string) string {
	return "/subscriptions/" + ws.SubscriptionID + "/resourceGroups/" + ws.ResourceGroup + "/providers/Microsoft.OperationalInsights/workspaces/" + ws.Name + rest
}

// foldCase gives the fixed words of Resource Manager paths their own spelling: clients write them in any case.
func (s *Server) foldCase(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const root = "/subscriptions/"
		if p := r.URL.Path; len(p) > len(root) && strings.EqualFold(p[:len(root)], root) {
			segs := strings.Split(p, "/")
			for i, seg := range segs {
				if word, ok := s.armWords[strings.ToLower(seg)]; ok {
					segs[i] = word
				}
			}
			u := *r.URL
			u.Path, u.RawPath = strings.TrimRight(strings.Join(segs, "/"), "/"), ""
			r = r.Clone(r.Context())
			r.URL = &u
		}
		h.ServeHTTP(w, r)
	})
}
