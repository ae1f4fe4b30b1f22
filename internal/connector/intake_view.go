package connector

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// IntakeView tells how data comes in: by source and by table.
type IntakeView struct {
	Sources []SourceHealth `json:"sources"`
	Tables  []TableHealth  `json:"tables"`
}

// The colours of a source or table.
const (
	Green = "green"
	Amber = "amber"
	Red   = "red"
	Grey  = "grey" // nothing is known, or nothing is wanted
)

// SourceHealth is the state of one source: a hub in one of its generations, a container. Counts are since it was first read.
type SourceHealth struct {
	Source      string     `json:"source"`
	Stream      string     `json:"stream"`
	State       string     `json:"state"` // green | amber | red | grey
	Reason      string     `json:"reason"`
	Description string     `json:"description"` // what is wrong and what to do
	LastMessage *time.Time `json:"lastMessage"` // by the source's clock
	LastEvent   *time.Time `json:"lastEvent"`
	Rate
	LagEvents      int64    `json:"lagEvents"`
	LagSeconds     float64  `json:"lagSeconds"`
	HoursToLoss    *float64 `json:"hoursToLoss"`    // until unread messages are dropped; null when none will be, as far as is known
	RetentionHours *float64 `json:"retentionHours"` // null when not known, or for ever
	Messages       int64    `json:"messages"`
	Rows           int64    `json:"rows"`
	DeadLetters    int64    `json:"deadLetters"`
	Duplicates     int64    `json:"duplicates"` // stored before, so left out
	Gaps           int64    `json:"gaps"`       // positions that were not there to be read
}

// TableHealth is how one table comes in.
type TableHealth struct {
	Table     string     `json:"table"`
	Selected  bool       `json:"selected"`
	State     string     `json:"state"` // green | amber (silent) | grey (not connected, or nothing came)
	LastSeen  *time.Time `json:"lastSeen"`
	LastEvent *time.Time `json:"lastEvent"`
	Rate
	DeadLetters int64 `json:"deadLetters"` // of the last 15 days, like the next three
	Duplicates  int64 `json:"duplicates"`  // pulled before, so left out
	Dropped     int64 `json:"dropped"`     // by the table's transformation
	Gaps        int64 `json:"gaps"`        // positions that were not there to be read, of the sources that bring the table
	// What follows is of the sources that bring the table: messages not read yet, how long the oldest has been waiting, and until some
	// would be dropped (null when none will be, as far as is known).
	LagEvents   int64    `json:"lagEvents"`
	LagSeconds  float64  `json:"lagSeconds"`
	HoursToLoss *float64 `json:"hoursToLoss"`
	// UsualQuietSeconds is the longest time between arrivals; SilentAfterSeconds when the table counts as silent, null while
	// that is being learned.
	UsualQuietSeconds  float64      `json:"usualQuietSeconds"`
	SilentAfterSeconds *float64     `json:"silentAfterSeconds"`
	Lateness           []LateBucket `json:"lateness"` // since the server's start
}

// LateBucket counts rows that came at most so long after their event, and later than the bucket before.
type LateBucket struct {
	UpToSeconds *float64 `json:"upToSeconds"` // null for no bound
	Rows        int64    `json:"rows"`
}

// StreamOf returns the stream that reads a source: "hub/<name>~2" is read by "events/<name>", "blob/<account>/<container>"
// by "events/<account>".
func StreamOf(source string) string {
	base, _, _ := strings.Cut(source, "~")
	if rest, ok := strings.CutPrefix(base, "hub/"); ok {
		return "events/" + rest
	}
	if rest, ok := strings.CutPrefix(base, "blob/"); ok {
		account, _, _ := strings.Cut(rest, "/")
		return "events/" + account
	}
	return base
}

// Intake tells how data comes in for the workspace.
func (s *Service) Intake(ctx context.Context, workspace string) (IntakeView, error) {
	v := IntakeView{Sources: []SourceHealth{}, Tables: []TableHealth{}}
	if s.cfg.Meter == nil {
		return v, nil
	}
	reports := map[string]health.Report{}
	if s.cfg.Board != nil {
		for _, r := range s.cfg.Board.All() {
			if r.Workspace == workspace {
				reports[r.Component] = r
			}
		}
	}
	if err := s.sourceHealth(ctx, workspace, reports, &v); err != nil {
		return v, err
	}
	return v, s.tableHealth(ctx, workspace, reports, &v)
}

func (s *Service) sourceHealth(ctx context.Context, workspace string, reports map[string]health.Report, v *IntakeView) error {
	used, err := s.cfg.Meter.Sources(ctx, workspace)
	if err != nil {
		return err
	}
	by := map[string]*SourceHealth{}
	at := func(name string) *SourceHealth {
		h := by[name]
		if h == nil {
			h = &SourceHealth{Source: name, Stream: StreamOf(name)}
			r, ok := reports[Component(DefenderXDR, h.Stream)]
			h.State, h.Reason, h.Description = colour(r, ok), r.Reason, r.Description
			h.Rate = s.cfg.Meter.sourceRate(workspace, name)
			by[name] = h
		}
		return h
	}
	for _, u := range used {
		h := at(u.Source)
		h.LastMessage, h.LastEvent = moment(u.Sent), moment(u.Event)
		h.Messages, h.Rows, h.DeadLetters, h.Duplicates, h.Gaps = u.Messages, u.Rows, u.Dead, u.Duplicates, u.Gaps
	}
	for _, l := range s.cfg.Meter.Lags(workspace) {
		h := at(l.Source)
		h.LagEvents += l.Events
		h.LagSeconds = max(h.LagSeconds, l.Behind.Seconds())
		if l.Retention > 0 {
			hours := l.Retention.Hours()
			h.RetentionHours = &hours
		}
		if in, ok := l.LossIn(); ok && (h.HoursToLoss == nil || in.Hours() < *h.HoursToLoss) {
			hours := in.Hours()
			h.HoursToLoss = &hours
		}
	}
	for _, h := range by {
		v.Sources = append(v.Sources, *h)
	}
	slices.SortFunc(v.Sources, func(a, b SourceHealth) int { return cmp.Compare(a.Source, b.Source) })
	return nil
}

func (s *Service) tableHealth(ctx context.Context, workspace string, reports map[string]health.Report, v *IntakeView) error {
	now := time.Now()
	usage, err := s.cfg.Meter.Usage(ctx, workspace, now.Add(-silenceMemory))
	if err != nil {
		return err
	}
	used, err := s.cfg.Meter.Sources(ctx, workspace)
	if err != nil {
		return err
	}
	c, _ := s.Watch(workspace)
	known := learn(usage)
	sums := map[string]model.TableUsage{}
	for _, u := range usage {
		sum := sums[u.Table]
		sum.Add(u)
		sums[u.Table] = sum
	}
	names := slices.Clone(c.Tables)
	for t := range known {
		if t != "" && !slices.Contains(names, t) {
			names = append(names, t)
		}
	}
	slices.Sort(names)
	for _, t := range names {
		n := known[t]
		h := TableHealth{
			Table: t, Selected: slices.Contains(c.Tables, t) || !ingest.Selectable(t), State: Grey, LastSeen: moment(n.seen), LastEvent: moment(n.event),
			DeadLetters: sums[t].Dead, Duplicates: sums[t].Repeated, Dropped: sums[t].Dropped, Gaps: sums[t].Gaps, UsualQuietSeconds: n.quiet.Seconds(), Lateness: []LateBucket{},
		}
		h.behind(used, v.Sources)
		if limit, ok := s.silence().limit(n, now); ok {
			secs := limit.Seconds()
			h.SilentAfterSeconds = &secs
		}
		r, told := reports[tableComponent(t)]
		switch {
		case told && r.Status != health.OK:
			h.State = Amber
		case h.Selected && !n.seen.IsZero():
			h.State = Green
		}
		var late ingest.Lateness
		h.Rate, late = s.cfg.Meter.tableRate(workspace, t)
		for i, rows := range late {
			b := LateBucket{Rows: rows}
			if i < len(ingest.LateBounds) {
				secs := ingest.LateBounds[i].Seconds()
				b.UpToSeconds = &secs
			}
			h.Lateness = append(h.Lateness, b)
		}
		v.Tables = append(v.Tables, h)
	}
	return nil
}

// behind notes how far the sources that bring the table are behind.
func (h *TableHealth) behind(used []model.SourceUsage, sources []SourceHealth) {
	for _, u := range used {
		if _, brings := slices.BinarySearch(u.Tables, h.Table); !brings {
			continue
		}
		for _, s := range sources {
			if s.Source != u.Source {
				continue
			}
			h.LagEvents += s.LagEvents
			h.LagSeconds = max(h.LagSeconds, s.LagSeconds)
			if s.HoursToLoss != nil && (h.HoursToLoss == nil || *s.HoursToLoss < *h.HoursToLoss) {
				h.HoursToLoss = s.HoursToLoss
			}
		}
	}
}

func colour(r health.Report, known bool) string {
	switch {
	case !known:
		return Grey
	case r.Status == health.Failure:
		return Red
	case r.Status == health.Warning:
		return Amber
	}
	return Green
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
