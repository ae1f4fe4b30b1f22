package prerequisite

import (
	"context"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
)

// daily is how often the tenants are asked again without anybody looking.
const daily = 24 * time.Hour

// Run asks every tenant once a day, until the context ends, and tells the health board what is not met.
func (c *Checker) Run(ctx context.Context) error {
	t := time.NewTicker(daily)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			c.round(ctx)
		}
	}
}

// round asks every tenant now.
func (c *Checker) round(ctx context.Context) {
	c.mu.Lock()
	var list []string
	for ws := range c.tenants {
		list = append(list, ws)
	}
	c.mu.Unlock()
	for _, ws := range list {
		c.Recheck(ws)
		one, cancel := context.WithTimeout(ctx, time.Minute)
		f := c.ofTenant(one, ws)
		cancel()
		c.report(ws, f)
	}
}

func (c *Checker) report(ws string, f found) {
	if c.board == nil {
		return
	}
	r := health.Report{Workspace: ws, Component: "prerequisites/" + connector.DefenderXDR, Status: health.OK, Description: "Everything that the connection needs of the tenant is there."}
	var missing []string
	for _, p := range f.list {
		if p.State == connector.NotMet {
			missing = append(missing, p.Title+": "+p.Remedy)
		}
	}
	if len(missing) > 0 {
		r.Status, r.Reason, r.Description = health.Warning, "prerequisites_not_met", "Not met: "+strings.Join(missing, " ")
	}
	c.board.Report(r)
}
