package app

import (
	"context"
	"errors"

	"github.com/vedette-siem/vedette/internal/store"
)

// Verify reads every file of a data folder whose server is not running and tells which are not as they should be. It changes nothing.
func Verify(ctx context.Context, dir string, progress func(done, total int)) (rep store.Report, err error) {
	db, err := openState(ctx, dir)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rep, err = store.Verify(ctx, store.VerifyOptions{Dir: dir, Manifest: db, Progress: progress})
	if err != nil {
		return rep, err
	}
	problems, err := db.Check(ctx)
	for _, p := range problems {
		rep.Problems = append(rep.Problems, store.Problem{Path: stateFile, Reason: p})
	}
	return rep, err
}
