// Package fault defines the one error type that crosses package borders: a kind, a stable code and a message for people.
//
// Kinds decide the HTTP status and the exit code (mapped in api and cli, nowhere else). Codes are stable strings
// that programs may switch on; messages say what happened, to which object, and what to do next.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind classifies an error. The list is frozen; do not reorder.
type Kind int

// The kinds, in the order of their first use.
const (
	Internal Kind = iota
	Invalid
	NotFound
	Conflict
	Permission
	Unauthenticated
	Throttled
	Unavailable
	TooLarge
)

// String names the kind as it appears in logs and metrics.
func (k Kind) String() string {
	return [...]string{"internal", "invalid", "notFound", "conflict", "permission", "unauthenticated", "throttled", "unavailable", "tooLarge"}[k]
}

// Error is an error with a kind and a stable code. Err, when set, is the cause and is part of the text.
type Error struct {
	Kind Kind
	Code string // stable, snake_case
	Msg  string
	Err  error
}

// Error returns the message followed by its cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	text := e.Err.Error()
	switch {
	case e.Msg == "":
		return text
	case text == "": // a cause that Msg already tells of
		return e.Msg
	}
	return e.Msg + ": " + text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the kind with the code and a formatted message; %w in format keeps a cause.
func New(kind Kind, code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Code: code, Msg: err.Error(), Err: hidden(errors.Unwrap(err))}
}

// hidden keeps a cause reachable by errors.Is and errors.As without repeating its text.
func hidden(err error) error {
	if err == nil {
		return nil
	}
	return silent{err}
}

type silent struct{ err error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.err }

// KindOf returns the kind of the first Error in err's chain. A cancelled or expired context is Unavailable; anything else is Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// CodeOf returns the code of the first Error in err's chain, or "internal".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}

// Retryable reports whether the same call may succeed later without any change by a person.
func Retryable(err error) bool {
	k := KindOf(err)
	return k == Throttled || k == Unavailable
}
