package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Directory knows the people of a workspace's tenant. A login that it does not have is a fault NotFound.
type Directory interface {
	FindUser(ctx context.Context, login string) (model.Owner, error)
	SearchUsers(ctx context.Context, text string) ([]model.Owner, error)
}

// Workspace is what rows say of the workspace they belong to.
type Workspace struct {
	ID, Name       string
	SubscriptionID string
	ResourceGroup  string
	URL            string          // of the portal's incident page, followed by the number; "" leaves IncidentUrl to the tenant's
	Policy         syncback.Policy // nil is remote-wins
	Directory      Directory       // nil: owners are not checked
	Opened         func(n int64)   // hears of an incident that somebody looks at; must not block
	Changed        func()          // hears that something may have to be sent; must not block
}

// Service is safe for concurrent use.
type Service struct {
	db  *meta.DB
	log *slog.Logger
	now func() time.Time

	mu         sync.Mutex
	workspaces map[string]Workspace
	listeners  map[int]func(ws string, number int64)
	nextID     int
	rows       chan struct{}
}

// New returns the service over the state database. A nil logger discards.
func New(db *meta.DB, log *slog.Logger) *Service {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		db: db, log: log, now: func() time.Time { return time.Now().UTC() },
		workspaces: map[string]Workspace{}, listeners: map[int]func(string, int64){}, rows: make(chan struct{}, 1),
	}
}

// AddWorkspace tells the service of a workspace, or replaces what it was told before.
func (s *Service) AddWorkspace(w Workspace) {
	s.mu.Lock()
	s.workspaces[w.ID] = w
	s.mu.Unlock()
}

func (s *Service) workspace(id string) Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workspaces[id]
	if !ok {
		w = Workspace{ID: id}
	}
	return w
}

// ids returns the ids of the workspaces.
func (s *Service) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.workspaces))
}

// Subscribe calls f after every change of an incident, until cancel is called. f must not block.
func (s *Service) Subscribe(f func(ws string, number int64)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.nextID
	s.nextID++
	s.listeners[id] = f
	return func() {
		s.mu.Lock()
		delete(s.listeners, id)
		s.mu.Unlock()
	}
}

// committed tells everybody of a finished transaction.
func (s *Service) committed(ws string, numbers ...int64) {
	select {
	case s.rows <- struct{}{}:
	default:
	}
	s.mu.Lock()
	var fs []func(string, int64)
	for _, f := range s.listeners {
		fs = append(fs, f)
	}
	s.mu.Unlock()
	for _, n := range numbers {
		for _, f := range fs {
			f(ws, n)
		}
	}
}

// Filter selects incidents; the zero value selects all, newest first.
type Filter struct {
	Status, Severity []string
	Owner            string // user principal name, or "none"
	Label            string
	Text             string
	SyncState        []string
	Product          []string // product names of alerts
	Redirected       bool     // with those merged into others
	Sort             string
	Limit, Offset    int
}

// Counts are of the incidents that were not merged into others.
type Counts struct {
	Open, New, Active, Closed, ClosedToday int
}

// List returns the incidents that the filter selects.
func (s *Service) List(ctx context.Context, ws string, f Filter) ([]model.Incident, error) {
	list, _, err := s.Page(ctx, ws, f)
	return list, err
}

// Page returns the incidents that the filter selects, and how many there are without its limit.
func (s *Service) Page(ctx context.Context, ws string, f Filter) ([]model.Incident, int, error) {
	rows, total, err := s.db.Incidents().ListIncidents(ctx, ws, meta.IncidentQuery{
		Status: f.Status, Severity: f.Severity, Owner: f.Owner, Label: f.Label, Text: f.Text, SyncState: f.SyncState, Product: f.Product,
		NoRedirects: !f.Redirected, Sort: f.Sort, Limit: f.Limit, Offset: f.Offset,
	})
	if err != nil {
		return nil, 0, fmt.Errorf("listing incidents: %w", err)
	}
	out := make([]model.Incident, 0, len(rows))
	for _, r := range rows {
		in, err := decode(r)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, in)
	}
	return out, total, nil
}

// Counts returns how many incidents there are.
func (s *Service) Counts(ctx context.Context, ws string) (Counts, error) {
	tx := s.db.Incidents()
	by, err := tx.CountIncidents(ctx, ws)
	if err != nil {
		return Counts{}, fmt.Errorf("counting incidents: %w", err)
	}
	y, m, d := s.now().Date()
	today, err := tx.ClosedSince(ctx, ws, ticks(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)))
	return Counts{Open: by[statusNew] + by[statusActive], New: by[statusNew], Active: by[statusActive], Closed: by[statusClosed], ClosedToday: today}, err
}

// Get returns one incident. The tenant is asked, in the background, whether it has anything newer.
func (s *Service) Get(ctx context.Context, ws string, number int64) (model.Incident, error) {
	row, err := s.db.Incidents().Incident(ctx, ws, number)
	if err != nil {
		return model.Incident{}, missing(err, fmt.Sprint(number))
	}
	if f := s.workspace(ws).Opened; f != nil && row.ProviderID != "" {
		f(number)
	}
	return s.explain(ctx, row)
}

// GetByName returns the incident with the GUID.
func (s *Service) GetByName(ctx context.Context, ws, name string) (model.Incident, error) {
	row, err := s.db.Incidents().IncidentByName(ctx, ws, name)
	if err != nil {
		return model.Incident{}, missing(err, name)
	}
	return s.explain(ctx, row)
}

// GetByProviderID returns the incident with the tenant's id.
func (s *Service) GetByProviderID(ctx context.Context, ws, id string) (model.Incident, error) {
	row, err := s.db.Incidents().IncidentByProvider(ctx, ws, id)
	if err != nil {
		return model.Incident{}, missing(err, "of the tenant "+id)
	}
	return s.explain(ctx, row)
}

// explain says why an incident has no alerts.
func (s *Service) explain(ctx context.Context, row meta.IncidentRow) (model.Incident, error) {
	in, err := decode(row)
	if err == nil && in.ProviderIncidentID != "" && in.RedirectTo == "" {
		if in.EmptyReason, in.EmptyProducts, err = s.heldBack(ctx, row); err != nil || in.EmptyReason != "" {
			return in, err
		}
	}
	switch {
	case err != nil || in.AlertCount > 0 || in.Sync.State == model.Local:
	case in.RedirectTo != "":
		in.EmptyReason = fmt.Sprintf("This incident was merged into incident %s of the tenant; its alerts are there.", in.RedirectTo)
	case s.now().Sub(in.Created) > 15*time.Minute:
		in.EmptyReason = "The tenant lists no alerts for this incident. Alerts of Defender for Cloud and of Insider Risk Management come only through their own connectors."
	}
	return in, err
}

// heldBack says why alerts of an incident are not shown, and whose; "" when all are.
func (s *Service) heldBack(ctx context.Context, row meta.IncidentRow) (string, []string, error) {
	tx := s.db.Incidents()
	products, err := tx.WithheldProducts(ctx, row.Workspace, row.ProviderID)
	if err != nil || len(products) == 0 {
		return "", nil, err
	}
	reasons, err := withheld(ctx, tx, row.Workspace)
	if err != nil {
		return "", nil, err
	}
	var out []string
	for _, p := range products {
		reason, _ := holds(reasons, p)
		out = append(out, reason)
	}
	return strings.TrimSpace(strings.Join(out, " ")), products, nil
}

// Raw returns the tenant's JSON of an incident, whole; nil for an incident the tenant does not know.
func (s *Service) Raw(ctx context.Context, ws string, number int64) (json.RawMessage, error) {
	row, err := s.db.Incidents().Incident(ctx, ws, number)
	if err != nil {
		return nil, missing(err, fmt.Sprint(number))
	}
	if row.Raw == "" {
		return nil, nil
	}
	return json.RawMessage(row.Raw), nil
}

// Comments returns an incident's comments, oldest first, and those of incidents that were merged into it.
func (s *Service) Comments(ctx context.Context, ws string, number int64) ([]model.Comment, error) {
	row, err := s.db.Incidents().Incident(ctx, ws, number)
	if err != nil {
		return nil, missing(err, fmt.Sprint(number))
	}
	var st syncback.State
	if err := json.Unmarshal([]byte(row.Sync), &st); err != nil {
		return nil, fmt.Errorf("reading the state of incident %d: %w", number, err)
	}
	out := commentsOf(st)
	others, err := s.mergedComments(ctx, ws, row, out)
	if err != nil || len(others) == 0 {
		return out, err
	}
	out = append(out, others...)
	slices.SortStableFunc(out, func(a, b model.Comment) int { return a.Created.Compare(b.Created) })
	return out, nil
}

func commentsOf(st syncback.State) []model.Comment {
	out := make([]model.Comment, 0, len(st.Comments))
	for _, c := range st.Comments {
		out = append(out, commentOf(c))
	}
	slices.SortStableFunc(out, func(a, b model.Comment) int { return a.Created.Compare(b.Created) })
	return out
}

func commentOf(c syncback.Comment) model.Comment {
	return model.Comment{ID: c.ID, Message: c.Message, Author: c.Author, Created: c.Created, Origin: c.Origin, Pending: c.Pending, Reason: c.Reason}
}

// Conflicts returns the conflicts, refused values and unsent edits of an incident, or of all when number is 0, newest first.
func (s *Service) Conflicts(ctx context.Context, ws string, number int64) ([]model.ConflictRecord, error) {
	rows, err := s.db.Incidents().Conflicts(ctx, ws, number)
	if err != nil {
		return nil, fmt.Errorf("reading conflicts: %w", err)
	}
	out := make([]model.ConflictRecord, 0, len(rows))
	for _, r := range rows {
		var c model.ConflictRecord
		if err := json.Unmarshal([]byte(r.Body), &c); err != nil {
			return nil, fmt.Errorf("reading conflict %d: %w", r.ID, err)
		}
		c.ID, c.IncidentNumber = r.ID, r.Number
		f := syncback.Field(c.Field)
		c.Base, c.Local.Value, c.Remote.Value = say(f, c.Base), say(f, c.Local.Value), say(f, c.Remote.Value)
		out = append(out, c)
	}
	return out, nil
}

// People returns users that somebody may assign incidents to, by the start of a name.
func (s *Service) People(ctx context.Context, ws, text string) ([]model.Owner, error) {
	if d := s.workspace(ws).Directory; d != nil && text != "" {
		if found, err := d.SearchUsers(ctx, text); err == nil {
			return found, nil
		}
	}
	rows, err := s.db.Incidents().People(ctx, ws, text, 20)
	if err != nil {
		return nil, fmt.Errorf("searching people: %w", err)
	}
	var out []model.Owner
	for _, r := range rows {
		var o model.Owner
		if json.Unmarshal([]byte(r.Body), &o) == nil {
			out = append(out, o)
		}
	}
	return out, nil
}

// Backlog returns how many incidents wait to be sent, and since when.
func (s *Service) Backlog(ctx context.Context, ws string) (int, time.Time, error) {
	n, since, err := s.db.Incidents().OldestOutbox(ctx, ws)
	return n, fromTicks(since), err
}

func decode(row meta.IncidentRow) (model.Incident, error) {
	var in model.Incident
	if err := json.Unmarshal([]byte(row.Doc), &in); err != nil {
		return in, fmt.Errorf("reading incident %d: %w", row.Number, err)
	}
	in.Etag = etag(row)
	return in, nil
}

func etag(row meta.IncidentRow) string { return fmt.Sprintf("%x-%x", row.Number, row.Revision) }

func missing(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "incident_not_found", "There is no incident %s in this workspace.", what)
	}
	return fmt.Errorf("reading incident %s: %w", what, err)
}
