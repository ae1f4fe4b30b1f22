package app

import (
	"context"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
)

// diskLook is how often free space is looked at.
const diskLook = 2 * time.Second

// watchDisk tells health when intake stops because the disk is full, and when it goes on.
func (s *server) watchDisk(ctx context.Context) error {
	t := time.NewTicker(diskLook)
	defer t.Stop()
	for {
		free, full := s.store.Space()
		if full {
			s.board.Report(health.Report{Component: "store/disk", Status: health.Failure, Reason: "disk_full", Description: fmt.Sprintf(
				"The disk of the data folder has less than %d MB left, so nothing is taken in; queries, edits and audit go on. Make room or shorten a retention: intake goes on by itself.", int64(minFree)>>20)})
		} else if free >= 0 {
			s.board.Report(health.Report{Component: "store/disk", Status: health.OK})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
