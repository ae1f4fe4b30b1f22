package blob

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// picky refuses frames that hold more rows of alerts than it likes, or one it does not like.
type picky struct {
	ingest.Appender
	lost atomic.Int32 // so many answers are lost
}

func (p *picky) Append(ctx context.Context, f store.Frame) (uint64, error) {
	for _, tab := range f.Tables {
		if tab.Table != "AlertInfo" {
			continue
		}
		for i, c := range tab.Cols {
			if tab.Batch.N > 2 || c.Name == "AlertId" && tab.Batch.Cols[i].Value(0) == "bad" {
				return 0, fault.New(fault.TooLarge, "frame_too_large", "The frame is too large.")
			}
		}
	}
	seq, err := p.Appender.Append(ctx, f)
	if err == nil && p.lost.Add(-1) >= 0 {
		return 0, fault.New(fault.Unavailable, "lost", "The answer is lost.")
	}
	return seq, err
}

func TestFramesThatAreTooLargeAreCut(t *testing.T) {
	a := newAccount(t)
	var text strings.Builder
	var want []string
	for i := range 9 {
		text.WriteString("\n" + alert(fmt.Sprint("id", i)))
		want = append(want, fmt.Sprint("id", i))
	}
	a.write(alerts, name(0), text.String()+alert("bad")+"\n\n"+alert("last"))
	p := newPlace(t, a)
	trouble := &picky{Appender: p.Store}
	trouble.lost.Store(2)
	p.stream.deps.Appender = trouble
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", append(want, "last")...)
	p.Wait("DeadLetter_CL", "Reason", "tooLarge")
}

func TestALineThatIsTooLong(t *testing.T) {
	a := newAccount(t)
	long := strings.Repeat("x", 6<<20)
	a.write(alerts, name(0), alert("a"))
	for range 6 {
		a.write(alerts, name(0), long)
	}
	a.write(alerts, name(0), "\r\n"+alert("b")+record("AlertInfo", "Title", strings.Repeat("y", 5<<20))+alert("c"))
	p := newPlace(t, a)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "", "a", "b", "c")
	p.Wait("DeadLetter_CL", "Reason", "tooLarge")
}

// A hundred thousand blobs are listed a page at a time: the last one is reached, and memory does not grow.
func TestManyBlobs(t *testing.T) {
	pages := 100
	if raceDetector {
		pages = 20 // the detector slows the listing down many times
	}
	line := alert("last")
	a := &account{t: t, dir: t.TempDir()}
	var low, high atomic.Uint64
	a.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		head := `<?xml version="1.0" encoding="utf-8"?><EnumerationResults>`
		switch {
		case q.Get("restype") == "container" && q.Get("prefix") != "":
			_, _ = fmt.Fprint(w, head+`<Blobs></Blobs><NextMarker/></EnumerationResults>`)
		case q.Get("restype") == "container":
			page, _ := strconv.Atoi(q.Get("marker"))
			var b strings.Builder
			at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(page) * pageSize * time.Hour)
			for i := range pageSize {
				size := 0
				if page == pages-1 && i == pageSize-1 {
					size = len(line)
				}
				_, _ = fmt.Fprintf(&b, `<Blob><Name>%s</Name><Properties><Content-Length>%d</Content-Length></Properties></Blob>`, tenant+at.Add(time.Duration(i)*time.Hour).Format("/y=2006/m=01/d=02/h=15/m=00")+"/PT1H.json", size)
			}
			next := ""
			if page < pages-1 {
				next = strconv.Itoa(page + 1)
			}
			_, _ = fmt.Fprint(w, head+`<Blobs>`+b.String()+`</Blobs><NextMarker>`+next+`</NextMarker></EnumerationResults>`)
			if page%5 == 4 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				if page == 4 {
					low.Store(m.HeapAlloc)
				}
				high.Store(max(high.Load(), m.HeapAlloc))
			}
		case q.Get("comp") == "list":
			_, _ = fmt.Fprint(w, head+`<Containers><Container><Name>`+alerts+`</Name></Container></Containers><NextMarker/></EnumerationResults>`)
		default:
			w.WriteHeader(http.StatusPartialContent)
			_, _ = fmt.Fprint(w, line)
		}
	}))
	a.secret("AccountName=contosologs;AccountKey=a2V5")
	p := newPlace(t, a)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "last")
	if grown := int64(high.Load()) - int64(low.Load()); low.Load() == 0 || grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes from %d", grown, low.Load())
	}
}
