package pagesum

import (
	"encoding/binary"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The file system is the platform's own with three methods of its files replaced. A file object is the platform's followed by a trailer.

// trailer is kept behind the platform's file object.
type trailer struct {
	real   uintptr // the platform's methods
	db     uintptr // where SQLite keeps the handle of the connection
	kind   uintptr // database or log
	on     uintptr // 1: the pages of the database have checksums
	header int64   // log: where the page of the frame belongs whose header was written last
	unsure int64   // log: from here on frames wait for their checksums, for a page was written again in its transaction; 0: none
}

const (
	database = iota
	log
)

type (
	openFunc    = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	moveFunc    = func(tls *libc.TLS, file, buf uintptr, n int32, at int64) int32
	sizeFunc    = func(tls *libc.TLS, file, out uintptr) int32
	controlFunc = func(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32
	fetchFunc   = func(tls *libc.TLS, file uintptr, at int64, n int32, out uintptr) int32
)

var registered struct {
	sync.Once
	err     error
	vfs     *sqlite3.Tsqlite3_vfs // the platform's
	size    uintptr               // of the platform's file object, a multiple of 8
	mu      sync.Mutex
	methods map[uintptr]uintptr // the platform's methods to ours
}

// Register makes the file system known. It is safe to call it any number of times.
func Register() error {
	registered.Do(func() { registered.err = register() })
	return registered.err
}

type registerError int32

func (e registerError) Error() string {
	return "the file system of the state's checksums cannot be registered"
}

func register() error {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := sqlite3.Xsqlite3_initialize(tls); rc != 0 {
		return registerError(rc)
	}
	real := sqlite3.Xsqlite3_vfs_find(tls, 0)
	if real == 0 {
		return registerError(sqlite3.SQLITE_ERROR)
	}
	registered.vfs = at[sqlite3.Tsqlite3_vfs](real)
	registered.size = (uintptr(registered.vfs.FszOsFile) + 7) &^ 7
	registered.methods = map[uintptr]uintptr{}

	name, err := libc.CString(VFS)
	if err != nil {
		return err
	}
	ours := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if ours == 0 {
		return registerError(sqlite3.SQLITE_NOMEM)
	}
	v := at[sqlite3.Tsqlite3_vfs](ours)
	*v = *registered.vfs
	v.FpNext, v.FzName = 0, name
	v.FszOsFile = int32(registered.size + unsafe.Sizeof(trailer{}))
	v.FxOpen = pointer[openFunc](open)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, ours, 0); rc != 0 {
		return registerError(rc)
	}
	return nil
}

// at reads C memory as a Go value.
func at[T any](p uintptr) *T { return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&p))) }

// pointer returns a Go function as C code calls it, and function the other way.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }

func behind(file uintptr) *trailer { return at[trailer](file + registered.size) }

func bytesAt(p uintptr, n int32) []byte { return unsafe.Slice(at[byte](p), n) }

func open(tls *libc.TLS, _, name, file uintptr, flags int32, outFlags uintptr) int32 {
	real := uintptr(unsafe.Pointer(registered.vfs))
	rc := function[openFunc](registered.vfs.FxOpen)(tls, real, name, file, flags, outFlags)
	f := at[sqlite3.Tsqlite3_file](file)
	if rc != 0 || f.FpMethods == 0 || flags&(sqlite3.SQLITE_OPEN_MAIN_DB|sqlite3.SQLITE_OPEN_WAL) == 0 {
		return rc
	}
	t := behind(file)
	*t = trailer{real: f.FpMethods}
	if flags&sqlite3.SQLITE_OPEN_WAL != 0 {
		t.kind = log
	} else if empty(tls, t, file) {
		t.on = 1 // pages may be written before the first one, which says so
	}
	f.FpMethods = replaced(tls, f.FpMethods)
	return rc
}

// replaced returns our form of the platform's methods, of which there are a few.
func replaced(tls *libc.TLS, real uintptr) uintptr {
	registered.mu.Lock()
	defer registered.mu.Unlock()
	if p, ok := registered.methods[real]; ok {
		return p
	}
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	if p == 0 {
		return real
	}
	m := at[sqlite3.Tsqlite3_io_methods](p)
	*m = *at[sqlite3.Tsqlite3_io_methods](real)
	m.FxRead, m.FxWrite, m.FxFileControl = pointer[moveFunc](read), pointer[moveFunc](write), pointer[controlFunc](control)
	if m.FiVersion >= 3 {
		m.FxFetch = pointer[fetchFunc](fetch)
	}
	registered.methods[real] = p
	return p
}

func methods(t *trailer) *sqlite3.Tsqlite3_io_methods { return at[sqlite3.Tsqlite3_io_methods](t.real) }

func empty(tls *libc.TLS, t *trailer, file uintptr) bool {
	n := libc.Xmalloc(tls, 8)
	if n == 0 {
		return false
	}
	defer libc.Xfree(tls, n)
	rc := function[sizeFunc](methods(t).FxFileSize)(tls, file, n)
	return rc == 0 && *at[int64](n) == 0
}

// isPage reports whether so many bytes can be a page: nothing else that SQLite reads or writes has such a size.
func isPage(n int32) bool { return n >= 512 && n&(n-1) == 0 }

// look learns from the beginning of a database whether its pages have checksums.
func look(t *trailer, data []byte, offset int64) {
	if t.kind == database && offset == 0 && len(data) >= 100 && string(data[:len(magic)]) == magic {
		t.on = 0
		if kept(data) {
			t.on = 1
		}
	}
}

func read(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	t := behind(file)
	rc := function[moveFunc](methods(t).FxRead)(tls, file, buf, n, offset)
	if rc != 0 {
		return rc
	}
	data := bytesAt(buf, n)
	look(t, data, offset)
	switch {
	case !isPage(n):
	case t.kind == database && t.on == 1 && !whole(data):
		return Damaged
	case t.kind == log && (t.unsure == 0 || offset < t.unsure):
		return checkFrame(tls, t, file, data, offset)
	}
	return 0
}

// checkFrame checks a page that was read from the log against the checksum of its frame, which begins with that of the frame before.
func checkFrame(tls *libc.TLS, t *trailer, file uintptr, page []byte, offset int64) int32 {
	buf := libc.Xmalloc(tls, 2*frameHeader)
	if buf == 0 {
		return sqlite3.SQLITE_IOERR_NOMEM
	}
	defer libc.Xfree(tls, buf)
	before := offset - 2*frameHeader - int64(len(page)) // the header of the frame before
	if offset == logHeader+frameHeader {
		before = logHeader - frameHeader // the end of the log's header, which is as long and ends with a checksum, too
	}
	real := function[moveFunc](methods(t).FxRead)
	if rc := real(tls, file, buf, frameHeader, before); rc != 0 {
		return rc
	}
	if rc := real(tls, file, buf+frameHeader, frameHeader, offset-frameHeader); rc != 0 {
		return rc
	}
	seed, head := bytesAt(buf, frameHeader)[16:], bytesAt(buf+frameHeader, frameHeader)
	if !chained(binary.LittleEndian, seed, head, page) && !chained(binary.BigEndian, seed, head, page) {
		return Damaged
	}
	return 0
}

func write(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	t := behind(file)
	data := bytesAt(buf, n)
	look(t, data, offset)
	switch {
	case t.kind == database && t.on == 1 && isPage(n):
		sum := ofPage(data)
		copy(data[n-reserve:], sum[:])
	case t.kind == log && n == frameHeader:
		t.header = offset + frameHeader
		if t.header <= t.unsure {
			t.unsure = 0
		}
	case t.kind == log && n == logHeader && offset == 0:
		t.unsure = 0
	case t.kind == log && isPage(n) && offset != t.header && (t.unsure == 0 || offset < t.unsure):
		t.unsure = offset
	}
	return function[moveFunc](methods(t).FxWrite)(tls, file, buf, n, offset)
}

// fetch refuses to map the file: what is read so could not be checked.
func fetch(_ *libc.TLS, _ uintptr, _ int64, _ int32, out uintptr) int32 {
	*at[uintptr](out) = 0
	return 0
}

// control learns the connection and answers our pragma: pages made from now on have room for a checksum.
func control(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32 {
	t := behind(file)
	switch op {
	case sqlite3.SQLITE_FCNTL_PDB:
		t.db = arg
	case sqlite3.SQLITE_FCNTL_PRAGMA:
		if args := (*[3]uintptr)(unsafe.Pointer(at[byte](arg))); t.db != 0 && libc.GoString(args[1]) == Pragma {
			n := libc.Xmalloc(tls, 4)
			if n == 0 {
				return sqlite3.SQLITE_NOMEM
			}
			defer libc.Xfree(tls, n)
			*at[int32](n) = reserve
			return sqlite3.Xsqlite3_file_control(tls, *at[uintptr](t.db), 0, sqlite3.SQLITE_FCNTL_RESERVE_BYTES, n)
		}
	}
	return function[controlFunc](methods(t).FxFileControl)(tls, file, op, arg)
}
