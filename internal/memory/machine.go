package memory

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
)

// Default is the budget when nobody chose one: half of what this process may have.
func Default() int64 { return machine(os.ReadFile) / 2 }

// unknownMachine is assumed where nothing tells.
const unknownMachine = 4 << 30

// machine returns the memory of the machine, or of the control group if that is less.
func machine(read func(string) ([]byte, error)) int64 {
	least := int64(math.MaxInt64)
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		raw, err := read(path)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64); err == nil && n > 0 {
			least = min(least, n)
		}
	}
	if raw, err := read("/proc/meminfo"); err == nil {
		for line := range bytes.Lines(raw) {
			f := bytes.Fields(line)
			if len(f) < 2 || string(f[0]) != "MemTotal:" {
				continue
			}
			if kb, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
				least = min(least, kb<<10)
			}
		}
	}
	if least == math.MaxInt64 {
		return unknownMachine
	}
	return least
}

// collectAt is how much garbage, in percent of what lives, there may be before it is collected: intake makes so much that the usual 100
// would double the memory for a few percent of CPU.
const collectAt = 50

// Tune tells the Go runtime what is left for it beside what is held outside its heap. GOGC and GOMEMLIMIT in the environment win.
func (b *Broker) Tune(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(b.limit - 2*b.Share(Tail) - b.Share(Engine))
	}
}
