package exec

import (
	"context"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// Profile notes what the nodes of a plan did while it ran. Make one for a query and read it when its readers are closed.
type Profile struct {
	mu    sync.Mutex
	steps map[plan.Node]*Step
}

// Step is what a node gave. A node inside a subtree that a source took has none of its own.
type Step struct {
	Rows, Batches int64
	Time          time.Duration // until its rows were there, inputs included
	Source        bool          // the source ran it, with all that is below
}

// NewProfile returns an empty profile.
func NewProfile() *Profile { return &Profile{steps: map[plan.Node]*Step{}} }

// Of returns the step of a node.
func (p *Profile) Of(n plan.Node) (Step, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.steps[n]; ok {
		return *s, true
	}
	return Step{}, false
}

func (p *Profile) add(n plan.Node, rows, batches int64, d time.Duration, source bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.steps[n]
	if s == nil {
		s = &Step{}
		p.steps[n] = s
	}
	s.Rows, s.Batches, s.Time, s.Source = s.Rows+rows, s.Batches+batches, s.Time+d, s.Source || source
}

// open returns the reader of a node, watched if somebody wants a profile.
func (x *runner) open(ctx context.Context, n plan.Node) (Reader, error) {
	if x.env.Profile == nil {
		r, _, err := x.openNode(ctx, n)
		return r, err
	}
	start := time.Now()
	r, source, err := x.openNode(ctx, n)
	if err != nil {
		return nil, err
	}
	x.env.Profile.add(n, 0, 0, time.Since(start), source)
	return &watchedReader{in: r, node: n, profile: x.env.Profile}, nil
}

type watchedReader struct {
	in      Reader
	node    plan.Node
	profile *Profile
}

func (r *watchedReader) Next(ctx context.Context) (*column.Batch, error) {
	start := time.Now()
	b, err := r.in.Next(ctx)
	rows, batches := int64(0), int64(0)
	if err == nil {
		rows, batches = int64(b.N), 1
	}
	r.profile.add(r.node, rows, batches, time.Since(start), false)
	return b, err
}

func (r *watchedReader) Close() error { return r.in.Close() }
