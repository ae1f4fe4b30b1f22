package meta

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/uptrace/bun"
	"modernc.org/sqlite"

	"github.com/vedette-siem/vedette/internal/meta/pagesum"
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
	return ok && (e.Code()&0xff == codeCorrupt || e.Code()&0xff == codeNotADB || e.Code() == pagesum.Damaged)
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

// failure watches the handles for a failing disk.
type failure struct {
	tell, damage atomic.Pointer[func(error)]
}

// writeHook and readHook are the failure of each handle. What a write met is not known to be stored; what a read met is only not readable.
type (
	writeHook struct{ *failure }
	readHook  struct{ *failure }
)

var (
	_ bun.QueryHook = writeHook{}
	_ bun.QueryHook = readHook{}
)

// BeforeQuery implements bun.QueryHook.
func (*failure) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery implements bun.QueryHook.
func (h writeHook) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if storageFailed(e.Err) {
		once(&h.tell, e.Err)
	}
}

// AfterQuery implements bun.QueryHook.
func (h readHook) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if damaged(e.Err) {
		once(&h.damage, e.Err)
	}
}

func once(tell *atomic.Pointer[func(error)], err error) {
	if f := tell.Swap(nil); f != nil {
		(*f)(err)
	}
}

// OnFailure sets what is called, once, when a write finds that the disk failed. What is stored is not known then, and
// another try could claim success: the process must exit with code 74 and start again.
func (db *DB) OnFailure(tell func(error)) { db.failure.tell.Store(&tell) }

// OnDamage sets what is called, once, when a read meets a page that does not hold what was written.
func (db *DB) OnDamage(tell func(error)) { db.failure.damage.Store(&tell) }
