package msgraph

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Answer is an answer of the service as it came, refusals included.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Took   time.Duration
}

// Look sends one GET below /v1.0, or to a link of an earlier answer, and returns what came, whatever its status. It is for
// finding out how the service behaves.
func (c *Client) Look(ctx context.Context, path string, query url.Values) (Answer, error) {
	rq := call{method: http.MethodGet, path: path, query: query, priority: Inbound, what: path}
	if len(path) > 0 && path[0] != '/' {
		link, err := c.link(path, rq)
		if err != nil {
			return Answer{}, err
		}
		rq.path = link
	}
	return c.look(ctx, rq)
}

// LookHunting sends the body of a hunting query as it is and returns what came, whatever its status. Hunting reads only.
func (c *Client) LookHunting(ctx context.Context, body map[string]any) (Answer, error) {
	return c.look(ctx, call{method: http.MethodPost, path: "/security/runHuntingQuery", body: body, priority: Inbound, what: "a hunting query"})
}

func (c *Client) look(ctx context.Context, rq call) (Answer, error) {
	began := time.Now()
	a, err := c.once(ctx, rq)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: a.status, Header: a.header, Body: a.body, Took: time.Since(began)}, nil
}
