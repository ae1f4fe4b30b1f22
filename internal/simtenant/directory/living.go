package directory

import "sync"

// Living is a directory that changes: the base with all changes so far. It is safe for concurrent use.
type Living struct {
	base    *Directory
	changes func() []Change
	mu      sync.Mutex
	n       int
	now     *Directory
}

// NewLiving returns the directory over base whose changes the function returns; their list only grows.
func NewLiving(base *Directory, changes func() []Change) *Living {
	return &Living{base: base, changes: changes, now: base}
}

// Now returns the directory as it is. The caller must not change it.
func (l *Living) Now() *Directory {
	changes := l.changes()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(changes) != l.n {
		now := l.base.copy()
		for _, ch := range changes {
			_ = now.apply(ch) // it fitted when it was wished for; one that another overtook changes nothing more
		}
		l.n, l.now = len(changes), now
	}
	return l.now
}

// Steps returns how many changes there were so far.
func (l *Living) Steps() int { return len(l.changes()) }

// After returns the directory as it was after so many changes, false when there were not so many. The caller must not
// change it.
func (l *Living) After(steps int) (*Directory, bool) {
	changes := l.changes()
	if steps < 0 || steps > len(changes) {
		return nil, false
	}
	d, err := l.base.Apply(changes[:steps])
	return d, err == nil
}
