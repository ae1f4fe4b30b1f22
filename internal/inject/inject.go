// Package inject runs a program and lets one of its system calls fail, or kills it there. It serves tests of what survives a fault.
//
// The calls that change files below a folder are watched: write, pwrite64, fsync, fdatasync, ftruncate, fallocate, rename, unlink, rmdir,
// mkdir and open with O_CREAT. They are counted over all threads, so that "the n-th" means the same whichever thread makes it, and
// each has a site: the same code that does the same to the same kind of file. The program needs no preparation; it is traced from outside.
package inject

import (
	"errors"
	"regexp"
	"syscall"
)

// ErrUnsupported is returned where programs cannot be traced: on other systems than Linux on amd64, or where it is forbidden.
var ErrUnsupported = errors.New("programs cannot be traced here")

// Call is one watched system call, as it is about to be made.
type Call struct {
	N    int    // counted from 1
	Name string // fsync, pwrite64 ...
	Path string // below the folder; of a rename the old name
	Site uint64 // the same for calls from the same code to the same kind of file
}

// Fault says what happens at a call.
type Fault struct {
	At     func(Call) bool // the first call for which it is true
	Errno  syscall.Errno   // the call fails with it, without being made; 0 kills the program with SIGKILL before the call
	Onward bool            // later calls of the same name fail as well
}

// Program is what to run.
type Program struct {
	Args  []string // the first is the path of the program
	Env   []string // nil: that of this process
	Dir   string   // the folder whose changes are watched, absolute
	Fault Fault    // the zero value lets everything succeed
	Line  func(string)
}

// Result tells how a program ended.
type Result struct {
	Calls  []Call
	Hit    *Call // where the fault was, nil when the program never came there
	Code   int   // exit status; -1 when it was killed
	Stderr string
}

// varying are the parts of a path that differ between files of a kind: identifiers, dates and numbers.
var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+`)

// Kind returns a path without what differs between files of a kind.
func Kind(path string) string { return varying.ReplaceAllString(path, "#") }
