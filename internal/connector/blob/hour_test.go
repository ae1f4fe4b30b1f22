package blob

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

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
