package connector

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// Pause stops a stream until somebody resumes it, over restarts too. What is stored stays, and so does the position. With no
// actor the stream paused itself, for the reason given: people see it as a failure.
func (s *Service) Pause(ctx context.Context, workspace, stream, reason, text, actor string) error {
	if err := s.knows(workspace, stream); err != nil {
		return err
	}
	if actor != "" {
		reason, text = "paused", fmt.Sprintf("%s was paused by %s. It goes on where it stopped with: vedette connector resume %s %s", stream, actor, DefenderXDR, stream)
	}
	return s.change(ctx, workspace, func(x *choice) {
		c := &x.now
		if c.PauseOf(stream) == nil {
			c.Paused = append(c.Paused, model.Pause{Stream: stream, Reason: reason, Text: text, By: actor, At: time.Now().UTC().Truncate(time.Millisecond)})
		}
	})
}

// Resume lets a paused stream go on where it stopped. One that is not paused stays as it is.
func (s *Service) Resume(ctx context.Context, workspace, stream string) error {
	if err := s.knows(workspace, stream); err != nil {
		return err
	}
	return s.change(ctx, workspace, func(x *choice) {
		c := &x.now
		c.Paused = slices.DeleteFunc(c.Paused, func(p model.Pause) bool { return p.Stream == stream })
	})
}

// knows refuses streams that the workspace does not have.
func (s *Service) knows(workspace, stream string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, j := range s.jobs[workspace] {
		if j.Stream.Name() == stream {
			return nil
		}
		names = append(names, j.Stream.Name())
	}
	return fault.New(fault.NotFound, "stream_not_found", "The connection has no stream %q; it has: %s.", stream, strings.Join(names, ", "))
}
