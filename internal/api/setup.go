package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vedette-siem/vedette/internal/connector"
)

// SetupMarks keeps which steps of the set-up a workspace did that leave no other trace.
type SetupMarks interface {
	MarkSetup(ctx context.Context, workspace, step string) error
	SetupMarked(ctx context.Context, workspace, step string) (bool, error)
}

// queryStep is the step that the first query of a person finishes.
const queryStep = "query"

// setupStep is SetupStep of the description.
type setupStep struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Detail  string `json:"detail"`
	Done    bool   `json:"done"`
	Link    string `json:"link"`
	Command string `json:"command"`
}

// showSetup answers the steps of a fresh workspace, ticked off by what is really so.
func (s *Server) showSetup(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	v, err := s.Connectors.Show(r.Context(), ws.ID, connector.DefenderXDR, personOf(r))
	if err != nil {
		return err
	}
	behavior, err := s.UEBA.Show(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	queried, err := s.Setup.SetupMarked(r.Context(), ws.ID, queryStep)
	if err != nil {
		return err
	}
	ticked, missing, unknown := 0, 0, 0
	for _, t := range v.Tables {
		if t.Selected {
			ticked++
		}
	}
	for _, p := range v.Prerequisites {
		switch p.State {
		case connector.NotMet:
			missing++
		case connector.Unknown:
			unknown++
		}
	}
	page := "connectors/" + connector.DefenderXDR
	steps := []setupStep{
		{"solution", "Install the solution", "Microsoft Defender XDR, from the content hub.", v.Solution.Installed, "content/" + connector.DefenderXDR, "vedette content install " + connector.DefenderXDR},
		{"prerequisites", "Check the prerequisites", fmt.Sprintf("%d not met, %d that cannot be checked.", missing, unknown), missing == 0, page, "vedette connector check " + connector.DefenderXDR},
		{"incidents", "Connect incidents and alerts", v.StateText, v.Incidents.Enabled, page, "vedette connector connect " + connector.DefenderXDR + " --incidents"},
		{"entities", "Connect entities", "People of Active Directory and Entra ID.", behavior.Enabled, "ueba", "vedette ueba set --on --directory ActiveDirectory,AzureActiveDirectory"},
		{"events", "Connect events", fmt.Sprintf("%d of %d tables are ticked.", ticked, len(v.Tables)), ticked > 0, page, "vedette connector connect " + connector.DefenderXDR + " --tables all"},
		{"query", "Run the first query", "Incidents of Microsoft Defender XDR.", queried, "logs", `vedette query 'SecurityIncident | where ProviderName == "Microsoft 365 Defender"'`},
	}
	done := true
	for _, st := range steps {
		done = done && st.Done
	}
	writeJSON(w, http.StatusOK, map[string]any{"done": done, "steps": steps})
	return nil
}

// queriedBy notes that somebody ran a query, which the set-up waits for.
func (s *Server) queriedBy(ctx context.Context, ws string) {
	if s.Setup == nil {
		return
	}
	if _, known := s.queried.LoadOrStore(ws, true); known {
		return
	}
	if err := s.Setup.MarkSetup(ctx, ws, queryStep); err != nil {
		s.queried.Delete(ws)
		s.Logger.WarnContext(ctx, "noting the first query", "workspace", ws, "err", err)
	}
}
