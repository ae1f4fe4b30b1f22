package kqltest

import (
	"syscall"
	"time"
)

// CPUTime is the time that this process has computed so far, over all its threads. Bounds on it hold on a busy machine
// too.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
