package inject

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

// Values of the kernel that package syscall has no names for.
const (
	optSysGood    = 1
	optClone      = 8
	optExitKill   = 0x100000
	getCallInfo   = 0x420e // PTRACE_GET_SYSCALL_INFO
	waitAll       = 0x40000000
	waitOwnThread = 0x20000000
	stopOfCall    = syscall.SIGTRAP | 0x80
)

// callInfo is struct ptrace_syscall_info.
type callInfo struct {
	Op   uint8
	_    [3]uint8
	Arch uint32
	IP   uint64
	SP   uint64
	Nr   uint64
	Args [6]uint64
	_    [2]uint64
}

const (
	opEntry = 1
	opExit  = 2
)

// argument of a watched call that names the file.
type argument struct {
	name string
	arg  int
	path bool // a path; else a descriptor
}

var watched = map[uint64]argument{
	syscall.SYS_WRITE: {"write", 0, false}, syscall.SYS_PWRITE64: {"pwrite64", 0, false}, syscall.SYS_FSYNC: {"fsync", 0, false}, syscall.SYS_FDATASYNC: {"fdatasync", 0, false},
	syscall.SYS_FTRUNCATE: {"ftruncate", 0, false}, syscall.SYS_FALLOCATE: {"fallocate", 0, false}, syscall.SYS_RENAME: {"rename", 0, true}, syscall.SYS_RENAMEAT: {"renameat", 1, true},
	316: {"renameat2", 1, true}, syscall.SYS_UNLINK: {"unlink", 0, true}, syscall.SYS_UNLINKAT: {"unlinkat", 1, true}, syscall.SYS_RMDIR: {"rmdir", 0, true},
	syscall.SYS_MKDIR: {"mkdir", 0, true}, syscall.SYS_MKDIRAT: {"mkdirat", 1, true}, syscall.SYS_OPEN: {"open", 0, true}, syscall.SYS_OPENAT: {"openat", 1, true},
}

// tracer follows one program. All its methods run on the thread that started it, as the kernel wants.
type tracer struct {
	p      Program
	pid    int
	mem    *os.File
	known  map[int]bool          // threads seen
	broken map[int]syscall.Errno // threads whose call was taken away, with what it shall return
	name   string                // of calls that fail from now on
	res    Result
}

// Run runs a program until it ends or ctx does; then it is killed. Programs that it starts are not watched.
func Run(ctx context.Context, p Program) (Result, error) {
	t := &tracer{p: p, known: map[int]bool{}, broken: map[int]syscall.Errno{}}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, and nothing of the tracing stays
		done <- t.run(ctx)
	}()
	err := <-done
	return t.res, err
}

func (t *tracer) run(ctx context.Context) error {
	stdout, outEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	stderr, errEnd, err := os.Pipe()
	if err != nil {
		return errors.Join(err, stdout.Close(), outEnd.Close())
	}
	var said bytes.Buffer
	var readers sync.WaitGroup
	readers.Go(func() {
		defer stdout.Close()
		lines := bufio.NewScanner(stdout)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if t.p.Line != nil {
				t.p.Line(lines.Text())
			}
		}
	})
	readers.Go(func() {
		defer stderr.Close()
		_, _ = io.Copy(&said, io.LimitReader(stderr, 1<<20)) // ends with the program
	})
	env := t.p.Env
	if env == nil {
		env = os.Environ()
	}
	proc, err := os.StartProcess(t.p.Args[0], t.p.Args, &os.ProcAttr{Env: env, Files: []*os.File{nil, outEnd, errEnd}, Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true}})
	outEnd.Close()
	errEnd.Close()
	if err != nil {
		readers.Wait()
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	t.pid = proc.Pid
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-t.pid, syscall.SIGKILL) })
	err = t.follow()
	stop()
	_ = syscall.Kill(-t.pid, syscall.SIGKILL) // what it started, if anything
	err = errors.Join(err, proc.Release())
	readers.Wait()
	t.res.Stderr = said.String()
	return err
}

// follow waits for stops of threads until the program has ended.
func (t *tracer) follow() error {
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &ws, waitAll, nil); err != nil {
		return fmt.Errorf("starting %s: %w", t.p.Args[0], err)
	}
	t.known[t.pid] = true
	if err := syscall.PtraceSetOptions(t.pid, optSysGood|optClone|optExitKill); err != nil {
		_ = syscall.Kill(t.pid, syscall.SIGKILL)
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	var err error
	if t.mem, err = os.Open(fmt.Sprintf("/proc/%d/mem", t.pid)); err != nil {
		_ = syscall.Kill(t.pid, syscall.SIGKILL)
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	defer t.mem.Close()
	_ = syscall.PtraceSyscall(t.pid, 0)
	for {
		// Only the program's group: this thread may have children that others started on it and wait for.
		tid, err := syscall.Wait4(-t.pid, &ws, waitAll|waitOwnThread, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("following %s: %w", t.p.Args[0], err)
		}
		if ws.Exited() || ws.Signaled() {
			if tid == t.pid {
				t.res.Code = ws.ExitStatus()
				return nil
			}
			continue
		}
		// A thread may be gone between its stop and what is done about it; then there is nothing to continue.
		_ = syscall.PtraceSyscall(tid, t.stopped(tid, ws))
	}
}

// stopped deals with one stop of a thread and returns the signal to continue it with.
func (t *tracer) stopped(tid int, ws syscall.WaitStatus) int {
	switch sig := ws.StopSignal(); {
	case sig == stopOfCall:
		t.call(tid)
		return 0
	case sig == syscall.SIGTRAP:
		return 0
	case sig == syscall.SIGSTOP && !t.known[tid]:
		t.known[tid] = true
		return 0
	default:
		return int(sig)
	}
}

// call deals with the beginning or the end of a call.
func (t *tracer) call(tid int) {
	var info callInfo
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PTRACE, getCallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0); e != 0 {
		return
	}
	t.known[tid] = true
	if info.Op == opExit {
		if errno, ok := t.broken[tid]; ok {
			delete(t.broken, tid)
			t.setRegs(tid, func(r *syscall.PtraceRegs) { r.Rax = uint64(-int64(errno)) })
		}
		return
	}
	a, ok := watched[info.Nr]
	if info.Op != opEntry || !ok {
		return
	}
	path, ok := t.path(a, info)
	if !ok {
		return
	}
	c := Call{N: len(t.res.Calls) + 1, Name: a.name, Path: path}
	c.Site = t.site(tid, c)
	t.res.Calls = append(t.res.Calls, c)
	switch {
	case t.res.Hit == nil && t.p.Fault.At != nil && t.p.Fault.At(c):
		t.res.Hit = &c
		if t.p.Fault.Errno == 0 {
			_ = syscall.Kill(t.pid, syscall.SIGKILL)
			return
		}
		if t.p.Fault.Onward {
			t.name = c.Name
		}
	case t.name != c.Name:
		return
	}
	t.broken[tid] = t.p.Fault.Errno
	t.setRegs(tid, func(r *syscall.PtraceRegs) { r.Orig_rax = ^uint64(0) }) // no such call: the kernel does nothing
}

func (t *tracer) setRegs(tid int, change func(*syscall.PtraceRegs)) {
	var r syscall.PtraceRegs
	if syscall.PtraceGetRegs(tid, &r) == nil {
		change(&r)
		_ = syscall.PtraceSetRegs(tid, &r) // fails when the thread is gone
	}
}

// path returns what a call changes, below the folder; false when it is elsewhere or changes nothing.
func (t *tracer) path(a argument, info callInfo) (string, bool) {
	var path string
	if a.path {
		if a.name == "open" && info.Args[1]&syscall.O_CREAT == 0 || a.name == "openat" && info.Args[2]&syscall.O_CREAT == 0 {
			return "", false
		}
		buf := make([]byte, 4096)
		n, _ := t.mem.ReadAt(buf, int64(info.Args[a.arg])) // the end of the mapping cuts it short
		path, _, _ = strings.Cut(string(buf[:n]), "\x00")
	} else {
		path, _ = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, int32(info.Args[a.arg]))) // a bad descriptor is nowhere
		path = strings.TrimSuffix(path, " (deleted)")
	}
	if path == t.p.Dir {
		return "", true
	}
	rel, ok := strings.CutPrefix(path, t.p.Dir+"/")
	return filepath.ToSlash(rel), ok
}

// frames is how many callers make a site.
const frames = 24

// site names the code that makes a call by its callers, which Go programs chain by the frame pointer.
func (t *tracer) site(tid int, c Call) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, c.Name+" "+Kind(c.Path)) // a hash never fails
	var r syscall.PtraceRegs
	if syscall.PtraceGetRegs(tid, &r) != nil {
		return h.Sum64()
	}
	at := r.Rbp
	var pair [16]byte
	for range frames {
		if _, err := t.mem.ReadAt(pair[:], int64(at)); at == 0 || err != nil {
			break
		}
		_, _ = h.Write(pair[8:])
		next := binary.LittleEndian.Uint64(pair[:])
		if next <= at {
			break
		}
		at = next
	}
	return h.Sum64()
}
