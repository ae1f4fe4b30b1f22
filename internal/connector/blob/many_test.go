package blob

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/store"
)

// shelf answers as an account that holds one container of so many blobs, of an hour each, which cost it no memory.
type shelf struct {
	pages atomic.Int64 // of pageSize blobs
	full  bool         // each blob has a line; else the last one alone
	line  string
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const head = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults>`
	q, pages := r.URL.Query(), int(s.pages.Load())
	switch {
	case q.Get("restype") == "container" && q.Get("prefix") != "":
		_, _ = fmt.Fprint(w, head+`<Blobs></Blobs><NextMarker/></EnumerationResults>`)
	case q.Get("restype") == "container":
		page, _ := strconv.Atoi(q.Get("marker"))
		var b strings.Builder
		at := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(page) * pageSize * time.Hour)
		for i := range pageSize {
			size := 0
			if s.full || page == pages-1 && i == pageSize-1 {
				size = len(s.line)
			}
			_, _ = fmt.Fprintf(&b, `<Blob><Name>%s</Name><Properties><Content-Length>%d</Content-Length></Properties></Blob>`, tenant+at.Add(time.Duration(i)*time.Hour).Format("/y=2006/m=01/d=02/h=15/m=00")+"/PT1H.json", size)
		}
		next := ""
		if page < pages-1 {
			next = strconv.Itoa(page + 1)
		}
		_, _ = fmt.Fprint(w, head+`<Blobs>`+b.String()+`</Blobs><NextMarker>`+next+`</NextMarker></EnumerationResults>`)
	case q.Get("comp") == "list":
		_, _ = fmt.Fprint(w, head+`<Containers><Container><Name>`+alerts+`</Name></Container></Containers><NextMarker/></EnumerationResults>`)
	default:
		w.WriteHeader(http.StatusPartialContent)
		_, _ = fmt.Fprint(w, s.line)
	}
}

// TestManyBlobs lists ever more blobs a page at a time: the last one is reached, and memory does not grow. The long form reads a line
// from each of a hundred thousand, so that each has a position.
func TestManyBlobs(t *testing.T) {
	s := &shelf{full: os.Getenv("VEDETTE_SOAK") != "", line: alert("last")}
	steps := []int64{1, 10, 40} // pages
	switch {
	case s.full:
		steps = []int64{1, 10, 100}
	case raceDetector:
		steps = []int64{1, 5, 10} // the detector slows the listing down many times
	}
	a := &account{t: t, dir: t.TempDir()}
	a.serve(s)
	a.secret("AccountName=contosologs;AccountKey=a2V5")
	p := openPlace(t.Context(), t, t.TempDir(), a, store.Options{SealRows: 5000, SegmentBytes: 1 << 20, JournalBytes: 4 << 20})
	t.Cleanup(p.Close)
	p.Tick("AlertInfo")
	var figures []manyFigure
	for _, pages := range steps {
		s.pages.Store(pages)
		want := 1
		if s.full {
			want = int(pages) * pageSize
		}
		began := time.Now()
		stop := p.run()
		p.listed(30 * time.Minute)
		stop()
		took := time.Since(began)
		must(t, p.Store.SealAll(t.Context()))
		f := p.manyFigure(pages * pageSize)
		figures = append(figures, f)
		t.Logf("%s; read in %s", f, took.Round(time.Millisecond))
		if got := len(p.Store.Positions(testSpace, source)); s.full && got != want {
			t.Fatalf("%d blobs are read, want %d", got, want)
		}
	}
	notGrown(t, figures)
	if got := p.Column("AlertInfo", "AlertId"); len(got) == 0 {
		t.Error("the last blob was not read")
	}
}

var source = "blob/" + emulated + "/" + alerts + "/" + strings.TrimPrefix(tenant, "tenantId=")

// listed waits until every blob was looked at.
func (p *place) listed(within time.Duration) {
	p.T.Helper()
	for end := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		lags := p.Meter.Lags(testSpace)
		if len(lags) == 1 && lags[0].Behind == 0 {
			return
		}
		if time.Now().After(end) {
			p.T.Fatalf("lags %+v, %d positions, health %+v", lags, len(p.Store.Positions(testSpace, source)), p.Board.All())
		}
	}
}

// manyFigure is how much of the heap is in use with so many blobs: when nothing happens, and while all are listed.
type manyFigure struct {
	blobs, idle, listing int64
	took                 time.Duration // of a listing
}

func (f manyFigure) String() string {
	return fmt.Sprintf("%7d blobs: %.1f MB of heap, %.1f MB while all are listed again in %s", f.blobs, float64(f.idle)/1e6, float64(f.listing)/1e6, f.took.Round(10*time.Millisecond))
}

// manyFigure measures while the blobs, all of which are read, are listed again.
func (p *place) manyFigure(blobs int64) manyFigure {
	p.T.Helper()
	f := manyFigure{blobs: blobs, idle: settled()}
	began := time.Now()
	stop := p.run()
	most := watchHeap()
	p.listed(15 * time.Minute)
	f.took = time.Since(began)
	f.listing = most()
	stop()
	return f
}

// notGrown wants no more heap for more blobs than their positions take: some 16 bytes each in a map that may be half empty.
func notGrown(t *testing.T, figures []manyFigure) {
	t.Helper()
	first, last := figures[0], figures[len(figures)-1]
	more := last.blobs - first.blobs
	allowed := 64*more + 8<<20
	t.Logf("%.1f bytes of heap for each further blob", float64(last.idle-first.idle)/float64(more))
	if grown := last.idle - first.idle; grown > allowed {
		t.Errorf("the heap grew by %d bytes over %d blobs, want at most %d", grown, more, allowed)
	}
	if grown := last.listing - first.listing; grown > allowed {
		t.Errorf("the heap while listing grew by %d bytes over %d blobs, want at most %d", grown, more, allowed)
	}
}
