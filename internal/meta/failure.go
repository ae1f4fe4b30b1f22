package meta

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/uptrace/bun"
	"modernc.org/sqlite"
)

// The primary result codes of SQLite after which what is on disk is not known.
const (
	codeIOErr   = 10
	codeCorrupt = 11
	codeNotADB  = 26
)

// ErrStorage is what Open wraps when the disk refused to make the state durable: the process must exit with code 74.
var ErrStorage = errors.New("the disk refused a write of the state")

// damaged reports whether an error says that the file does not hold a whole database.
func damaged(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == codeCorrupt || e.Code()&0xff == codeNotADB)
}

// refused marks an error of opening that says so.
func refused(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == codeIOErr {
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	return err
}

// storageFailed reports whether an error says that the disk failed. A commit that failed so may be found at the next start or
// not: it is in the log, but was not confirmed. A full disk is no such error.
func storageFailed(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case codeIOErr, codeCorrupt, codeNotADB:
		return true
	}
	return false
}

// failure watches the write handle for a failing disk.
type failure struct{ tell atomic.Pointer[func(error)] }

var _ bun.QueryHook = (*failure)(nil)

// BeforeQuery implements bun.QueryHook.
func (*failure) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery implements bun.QueryHook.
func (f *failure) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if !storageFailed(e.Err) {
		return
	}
	if tell := f.tell.Swap(nil); tell != nil {
		(*tell)(e.Err)
	}
}

// OnFailure sets what is called, once, when a write finds that the disk failed. What is stored is not known then, and
// another try could claim success: the process must exit with code 74 and start again.
func (db *DB) OnFailure(tell func(error)) { db.failure.tell.Store(&tell) }
