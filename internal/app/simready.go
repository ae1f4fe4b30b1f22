package app

import (
	"context"
	"net"
	"net/url"
)

// simAnswers reports whether the simulated tenant listens: sim.json may be one of an earlier run.
func simAnswers(ctx context.Context, sim simInfo) error {
	u, err := url.Parse(sim.Token)
	if err != nil {
		return err
	}
	var d net.Dialer
	for _, addr := range []string{u.Host, sim.Kafka} {
		c, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		c.Close()
	}
	return nil
}
