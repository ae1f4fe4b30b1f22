//go:build linux

package store_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPowerLoss records every write, sync, rename and removal of a process that stores rows, seals, merges and changes state, and then
// cuts the power at many points: what was not synced is lost in part, torn, garbled or whole, file by file, and so are names in folders that were
// not synced. From whatever is left a new start must have all that was acknowledged, once. Later recordings begin with what a cut left, so
// that recovery meets cuts as well. It needs strace; nothing of the store is replaced.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if err := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "trace=fsync", "true").Run(); err != nil {
		t.Skipf("strace does not work here: %v", err)
	}
	const recordings = 10
	cuts := max(2000, soak(100_000)) / recordings
	if raceDetector {
		cuts = 10
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	type remains struct {
		name, dir string
		acked     int
	}
	left := make(chan remains)
	ended := make(chan struct{})
	defer func() { <-ended }()
	stop := make(chan struct{})
	defer close(stop)
	total, most := 0, 0
	go func() {
		defer close(ended)
		defer close(left)
		dir, acked := memoryDir(t), 0
		for k := range recordings {
			d, events, err := recorded(t, strace, dir, acked)
			if err != nil {
				t.Error(err)
				return
			}
			total += len(events)
			points := make([]int, cuts)
			for i := range points {
				points[i] = rng.IntN(len(events) + 1)
			}
			slices.Sort(points)
			on := points[rng.IntN(len(points))] // the next recording begins with this cut
			for at, i := 0, 0; i < len(points); i++ {
				for ; at < points[i]; at++ {
					d.apply(events[at])
				}
				r := remains{fmt.Sprintf("recording %d after event %d", k, points[i]), memoryDir(t), d.acked}
				d.cut(t, rng, r.dir)
				if points[i] == on {
					on = -1
					acked, dir = d.acked, memoryDir(t)
					copyTree(t, r.dir, dir)
				}
				select {
				case left <- r:
				case <-stop:
					return
				}
			}
			most = max(most, d.acked)
		}
	}()
	ok := t.Run("cuts", func(t *testing.T) {
		for range 2 {
			t.Run("lane", func(t *testing.T) {
				t.Parallel()
				for r := range left {
					if !t.Run(r.name, func(t *testing.T) { checkAfterDeath(t, r.dir, r.acked) }) {
						t.Fatalf("seed %d, %d rows acknowledged; see %s", seed, r.acked, r.dir)
					}
					if err := os.RemoveAll(r.dir); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	})
	if ok {
		<-ended
		t.Logf("%d events, %d cuts, seed %d, %d rows", total, cuts*recordings, seed, most)
		if most < 100 {
			t.Errorf("only %d rows were acknowledged", most)
		}
	}
}

// memoryDir returns a folder of the test in memory where there is a gigabyte of room: what fsync costs is not what is tested.
func memoryDir(t *testing.T) string {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &st); err != nil || int64(st.Bavail)*st.Bsize < 1<<30 {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "vedette-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// event is one change that a process made.
type event struct {
	call     string // write, sync, truncate, create, mkdir, remove, rename, acked
	path, to string // below the data folder; "" is the folder itself
	at       int64
	data     []byte
}

var (
	callLine  = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?`)
	fdArg     = regexp.MustCompile(`^(-?\d+|AT_FDCWD)<([^>]*)>`)
	stringArg = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

// recorded records a process that begins with a copy of what is in a folder, and returns the disk as it was before with what the process
// changed. A recording that lacks what was written says nothing about the store and is made again.
func recorded(t *testing.T, strace, from string, acked int) (d *disk, events []event, err error) {
	for range 3 {
		dir, log := memoryDir(t), filepath.Join(t.TempDir(), "trace")
		copyTree(t, from, dir)
		d = newDisk(t, dir, acked)
		runChild(t, dir, false, 2*time.Minute, strace, "-f", "-q", "-y", "-xx", "-s", "33554432", "-o", log, "-E", childFrames+"=60",
			"-e", "trace=open,openat,lseek,write,pwrite64,fsync,fdatasync,ftruncate,renameat,renameat2,rename,unlink,unlinkat,rmdir,mkdir,mkdirat", os.Args[0])
		events, err = readTrace(log, dir)
		if err == nil {
			return d, events, nil
		}
		t.Logf("recorded again: %v", err)
	}
	return nil, nil, err
}

// readTrace reads what strace wrote about the files below a folder.
func readTrace(log, dir string) ([]event, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 256<<20)
	r := traceReader{dir: dir, begun: map[string]string{}, offsets: map[string]int64{}}
	for in.Scan() {
		r.line(in.Text())
	}
	switch {
	case in.Err() != nil:
		return nil, in.Err()
	case len(r.bad) > 0:
		return nil, fmt.Errorf("strace left out what was written: %q", r.bad)
	case len(r.events) < 100:
		return nil, fmt.Errorf("only %d events: is the format of strace another?", len(r.events))
	}
	return r.events, nil
}

type traceReader struct {
	dir     string
	begun   map[string]string // calls that another thread's line interrupted, by thread
	offsets map[string]int64  // by descriptor
	events  []event
	bad     []string // lines that lack what was written
}

func unhex(s string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		return ""
	}
	return string(raw)
}

// below returns a path relative to the data folder; false when it is elsewhere.
func (r *traceReader) below(path string) (string, bool) {
	if strings.Contains(path, `\x`) {
		path = unhex(path)
	}
	if path == r.dir {
		return "", true
	}
	rel, ok := strings.CutPrefix(path, r.dir+"/")
	return rel, ok && !strings.HasSuffix(rel, "-shm")
}

// whole reports whether a line has all that was written.
func (r *traceReader) whole(strs []string, n int64, text string) bool {
	if len(strs) > 0 && int64(len(strs[0])) >= n {
		return true
	}
	r.bad = append(r.bad, text[:min(len(text), 400)])
	return false
}

func (r *traceReader) line(text string) {
	pid, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimLeft(rest, " ")
	if head, ok := strings.CutSuffix(rest, " <unfinished ...>"); ok {
		r.begun[pid] = head
		return
	}
	if strings.HasPrefix(rest, "<... ") {
		_, tail, _ := strings.Cut(rest, " resumed>")
		rest = r.begun[pid] + tail
		delete(r.begun, pid)
	}
	m := callLine.FindStringSubmatch(pid + " " + rest)
	if m == nil || strings.HasPrefix(m[4], "-") {
		return
	}
	call, args, result := m[2], m[3], m[4]
	var strs []string
	for _, s := range stringArg.FindAllStringSubmatch(args, -1) {
		strs = append(strs, unhex(s[1]))
	}
	fd := fdArg.FindStringSubmatch(args)
	n, _ := strconv.ParseInt(result, 10, 64)
	add := func(e event) { r.events = append(r.events, e) }
	switch call {
	case "open", "openat":
		r.offsets[result] = 0
		if path, ok := r.below(strs[0]); ok && strings.Contains(args, "O_CREAT") {
			add(event{call: "create", path: path})
			if strings.Contains(args, "O_TRUNC") {
				add(event{call: "truncate", path: path})
			}
		}
		return
	case "mkdir", "mkdirat":
		if path, ok := r.below(strs[0]); ok {
			add(event{call: "mkdir", path: path})
		}
		return
	case "unlink", "unlinkat", "rmdir":
		if path, ok := r.below(strs[0]); ok {
			add(event{call: "remove", path: path})
		}
		return
	case "rename", "renameat", "renameat2":
		from, ok := r.below(strs[0])
		to, ok2 := r.below(strs[1])
		if ok && ok2 {
			add(event{call: "rename", path: from, to: to})
		}
		return
	}
	if fd == nil {
		return
	}
	if call == "write" && fd[1] == "1" && len(strs) > 0 {
		if last, ok := strings.CutPrefix(strs[0], "acked "); ok {
			v, _ := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
			add(event{call: "acked", at: v})
		}
		return
	}
	path, ok := r.below(fd[2])
	switch call {
	case "lseek":
		r.offsets[fd[1]] = n
	case "write":
		if ok && r.whole(strs, n, text) {
			add(event{call: "write", path: path, at: r.offsets[fd[1]], data: []byte(strs[0])[:n]})
		}
		r.offsets[fd[1]] += n
	case "pwrite64":
		at, err := strconv.ParseInt(args[strings.LastIndex(args, " ")+1:], 10, 64)
		if ok && err == nil && r.whole(strs, n, text) {
			add(event{call: "write", path: path, at: at, data: []byte(strs[0])[:n]})
		}
	case "ftruncate":
		at, err := strconv.ParseInt(args[strings.LastIndex(args, " ")+1:], 10, 64)
		if ok && err == nil {
			add(event{call: "truncate", path: path, at: at})
		}
	case "fsync", "fdatasync":
		if ok {
			add(event{call: "sync", path: path})
		}
	}
}

// disk is a model of what survives when the power goes: of a file, what was synced and any part of what was not; of a folder likewise.
type disk struct {
	acked int
	root  *inode
}

// inode is a file or a folder. safe is what survives for certain, waiting what may.
type inode struct {
	safe    []byte
	waiting []event
	folder  bool
	now     map[string]*inode // names as the process sees them
	names   map[string]*inode // names that survive
	changes []change          // of names, that may survive up to some point
}

type change struct {
	name string
	node *inode // nil removes the name
	with bool   // together with the change before
}

func newFolder() *inode {
	return &inode{folder: true, now: map[string]*inode{}, names: map[string]*inode{}}
}

// newDisk returns a disk that holds what is in a folder now, all of it safe.
func newDisk(t *testing.T, dir string, acked int) *disk {
	t.Helper()
	var read func(dir string) *inode
	read = func(dir string) *inode {
		n := newFolder()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			child := &inode{}
			if e.IsDir() {
				child = read(path)
			} else if child.safe, err = os.ReadFile(path); err != nil {
				t.Error(err)
			}
			n.now[e.Name()], n.names[e.Name()] = child, child
		}
		return n
	}
	return &disk{root: read(dir), acked: acked}
}

// find returns the folder and the last name of a path, and what is there now.
func (d *disk) find(path string) (parent *inode, name string, node *inode) {
	if path == "" {
		return nil, "", d.root
	}
	parent = d.root
	segs := strings.Split(path, "/")
	for _, s := range segs[:len(segs)-1] {
		if parent = parent.now[s]; parent == nil {
			return nil, "", nil
		}
	}
	name = segs[len(segs)-1]
	return parent, name, parent.now[name]
}

func (n *inode) set(name string, node *inode, with bool) {
	if node == nil {
		delete(n.now, name)
	} else {
		n.now[name] = node
	}
	n.changes = append(n.changes, change{name, node, with})
}

func (d *disk) apply(e event) {
	if e.call == "acked" {
		d.acked = max(d.acked, int(e.at))
		return
	}
	parent, name, node := d.find(e.path)
	switch e.call {
	case "create":
		if parent != nil && node == nil {
			parent.set(name, &inode{}, false)
		}
	case "mkdir":
		if parent != nil && node == nil {
			parent.set(name, newFolder(), false)
		}
	case "remove":
		if parent != nil {
			parent.set(name, nil, false)
		}
	case "rename":
		to, toName, _ := d.find(e.to)
		parent.set(name, nil, false)
		to.set(toName, node, to == parent)
	case "write", "truncate":
		if node != nil {
			node.waiting = append(node.waiting, e)
		}
	case "sync":
		switch {
		case node == nil:
		case node.folder:
			for _, c := range node.changes {
				node.names = c.over(node.names)
			}
			node.changes = nil
		default:
			for _, w := range node.waiting {
				node.safe = w.over(node.safe, len(w.data))
			}
			node.waiting = nil
		}
	}
}

func (c change) over(names map[string]*inode) map[string]*inode {
	if c.node == nil {
		delete(names, c.name)
	} else {
		names[c.name] = c.node
	}
	return names
}

// over applies a write, of which the first n bytes got through, or a truncation.
func (e event) over(data []byte, n int) []byte {
	if e.call == "truncate" {
		if int(e.at) <= len(data) {
			return slices.Clone(data[:e.at])
		}
		return append(slices.Clone(data), make([]byte, int(e.at)-len(data))...)
	}
	end := int(e.at) + n
	if end > len(data) {
		data = append(slices.Clone(data), make([]byte, end-len(data))...)
	} else {
		data = slices.Clone(data)
	}
	copy(data[e.at:], e.data[:n])
	return data
}

// cut writes one of the states that may be left into a folder.
func (d *disk) cut(t *testing.T, rng *rand.Rand, to string) {
	t.Helper()
	mood := rng.IntN(4) // 0: nothing unsynced survives, 1: all of it, else some
	var put func(n *inode, path string)
	put = func(n *inode, path string) {
		if !n.folder {
			if err := os.WriteFile(path, n.survivor(rng, mood), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		names := map[string]*inode{}
		for k, v := range n.names {
			names[k] = v
		}
		reach := 0
		switch mood {
		case 0:
		case 1:
			reach = len(n.changes)
		default:
			reach = rng.IntN(len(n.changes) + 1)
		}
		for reach < len(n.changes) && reach > 0 && n.changes[reach].with {
			reach++
		}
		for _, c := range n.changes[:reach] {
			names = c.over(names)
		}
		for name, child := range names {
			put(child, filepath.Join(path, name))
		}
	}
	put(d.root, to)
}

// survivor returns what may be left of a file.
func (n *inode) survivor(rng *rand.Rand, mood int) []byte {
	data := n.safe
	if mood == 0 {
		return data
	}
	for _, w := range n.waiting {
		switch k := rng.IntN(4); {
		case mood == 1 || k < 2:
			data = w.over(data, len(w.data))
		case k == 2 && len(w.data) > 0: // torn
			data = w.over(data, rng.IntN(len(w.data)))
		case k == 3 && len(w.data) > 0 && rng.IntN(4) == 0: // garbled
			g := w
			g.data = slices.Clone(w.data)
			g.data[rng.IntN(len(g.data))] ^= 1 << rng.IntN(8)
			data = g.over(data, len(g.data))
		}
	}
	return data
}
