package tables

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
)

// interval is how often the scheduler looks.
const interval = 15 * time.Minute

// Scheduler applies retention to the tables of all workspaces.
type Scheduler struct {
	Service    *Service
	Workspaces []string
	Report     func(health.Report)
	Logger     *slog.Logger

	elapsed func() time.Duration // how long this process has run, by a clock that cannot be set
	last    time.Duration        // at the last look; 0 before the first
}

// Run applies retention now and then until ctx ends. Files that cannot be moved or removed are tried again at the next look.
func (s *Scheduler) Run(ctx context.Context) error {
	start := time.Now()
	s.elapsed = func() time.Duration { return time.Since(start) }
	t := time.NewTimer(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		s.look(ctx)
		t.Reset(interval)
	}
}

const component = "retention"

func (s *Scheduler) look(ctx context.Context) {
	now := s.Service.now()
	trusted, waiting, err := s.tick(ctx, now)
	if err == nil {
		for _, ws := range s.Workspaces {
			err = errors.Join(err, s.Service.apply(ctx, ws, trusted, s.Logger), s.Service.Usage(ctx, ws))
		}
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.Logger.ErrorContext(ctx, "Retention could not be applied to all tables; it is tried again.", "err", err, "pause", interval)
		s.Report(health.Report{Component: component, Status: health.Failure, Reason: "retention_failed", Description: err.Error()})
	case waiting:
		s.Report(health.Report{Component: component, Status: health.Warning, Reason: "clock_jumped", Description: fmt.Sprintf(
			"This host's clock went ahead to %s in one step. Retention goes by %s until the clock has run on evenly for 24 hours, so that nothing is deleted by mistake. Check the host's time.",
			now.UTC().Format(time.RFC3339), trusted.UTC().Format(time.RFC3339))})
	default:
		s.Report(health.Report{Component: component, Status: health.OK})
	}
}

// tick moves the trusted time on and keeps it.
func (s *Scheduler) tick(ctx context.Context, now time.Time) (trusted time.Time, waiting bool, err error) {
	c, known, err := s.Service.repo.RetentionClock(ctx)
	if err != nil {
		return trusted, false, err
	}
	ran, elapsed := time.Duration(0), s.elapsed()
	if s.last != 0 {
		ran = elapsed - s.last
	}
	s.last = elapsed
	next, waiting := believe(c, known, now.Round(0), ran)
	return next.Trusted, waiting, s.Service.repo.SetRetentionClock(ctx, next)
}

// apply removes and moves what is past its time at now, in all tables of a workspace. One table's failure stops no other.
func (s *Service) apply(ctx context.Context, workspace string, now time.Time, log *slog.Logger) error {
	all, err := s.repo.TableSettings(ctx, workspace)
	if err != nil {
		return err
	}
	var errs []error
	for _, st := range s.store.TableStats(workspace) {
		if err := s.applyTo(ctx, workspace, effective(settingsOf(all, st.Table), all[""], now), st.Table, now, log); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

func (s *Service) applyTo(ctx context.Context, workspace string, r Retention, name string, now time.Time, log *slog.Logger) error {
	old := cutoff(now, r.Kept)
	if temporary(name) {
		old = jobCutoff(now)
	}
	gone, err := s.store.Expire(ctx, workspace, name, old)
	if err != nil {
		return err
	}
	if gone.Parts > 0 {
		log.InfoContext(ctx, "Rows past their total retention were removed.", "table", name, "workspace", workspace, "days", r.Kept, "rows", gone.Rows, "bytes", gone.Bytes)
	}
	if temporary(name) {
		return nil
	}
	cooled, warmed, err := s.store.Tier(ctx, workspace, name, cutoff(now, r.Interactive))
	if cooled.Parts+warmed.Parts > 0 {
		log.InfoContext(ctx, "Rows were moved between the interactive and the cold tier.", "table", name, "workspace", workspace, "days", r.Interactive, "cooled", cooled.Rows, "warmed", warmed.Rows)
	}
	return err
}
