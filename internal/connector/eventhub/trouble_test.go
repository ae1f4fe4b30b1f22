package eventhub

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// troubled is a store that answers as the test says: an error, or nil to let the frame through.
type troubled struct {
	ingest.Appender
	answer func(f store.Frame) error
	after  func(f store.Frame) error // the frame is stored, but the answer is lost
}

func (a *troubled) Append(ctx context.Context, f store.Frame) (uint64, error) {
	if a.answer != nil {
		if err := a.answer(f); err != nil {
			return 0, err
		}
	}
	seq, err := a.Appender.Append(ctx, f)
	if err == nil && a.after != nil {
		err = a.after(f)
	}
	return seq, err
}

func TestFullDiskHoldsTheReadingBack(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"), alert("b"))
	p := newPlace(t, h)
	var full atomic.Bool
	full.Store(true)
	p.stream.deps.Appender = &troubled{Appender: p.Store, answer: func(store.Frame) error {
		if full.Load() {
			return fault.New(fault.Unavailable, "disk_full", "The disk is full.")
		}
		return nil
	}}
	p.Tick("AlertInfo")
	p.run()
	p.Health(health.Failure, "The disk is full.")
	full.Store(false)
	p.Wait("AlertInfo", "AlertId", "a", "b")
	p.Health(health.OK, "")
}

func TestLostAnswerOfTheStore(t *testing.T) {
	h := newHub(t)
	h.start()
	h.send(0, alert("a"))
	p := newPlace(t, h)
	var lost atomic.Int32
	p.stream.deps.Appender = &troubled{Appender: p.Store, after: func(store.Frame) error {
		if lost.Add(1) <= 2 {
			return fault.New(fault.Unavailable, "lost", "The answer is lost.")
		}
		return nil
	}}
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", "a")
	h.send(0, alert("b"))
	p.Wait("AlertInfo", "AlertId", "a", "b")
}

func TestFrameThatIsTooLargeIsCut(t *testing.T) {
	h := newHub(t)
	h.start()
	var msgs []string
	var want []string
	for i := range 9 {
		id := fmt.Sprint("id", i)
		msgs = append(msgs, alert(id))
		if i != 4 {
			want = append(want, id)
		}
	}
	h.send(0, msgs...)
	p := newPlace(t, h)
	p.stream.deps.Appender = &troubled{Appender: p.Store, answer: func(f store.Frame) error {
		for _, tab := range f.Tables {
			for i, c := range tab.Cols {
				if c.Name != "AlertId" {
					continue
				}
				for _, v := range tab.Batch.Cols[i].Strings {
					if v == "id4" {
						return fault.New(fault.TooLarge, "frame_size", "Too large.")
					}
				}
			}
		}
		return nil
	}}
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", want...)
	p.Wait("DeadLetter_CL", "Detail", "Too large.")
	p.Wait("DeadLetter_CL", "_src", "hub/"+testHub+"/0/4/0")
}

func TestSmallBudgetOnlySlowsDown(t *testing.T) {
	h := newHub(t)
	h.start()
	var msgs, want []string
	for i := range 200 {
		id := fmt.Sprintf("id%03d", i)
		msgs, want = append(msgs, alert(id)), append(want, id)
	}
	h.send(0, msgs[:100]...)
	h.send(1, msgs[100:]...)
	p := newPlace(t, h)
	p.stream.deps.Budget = ingest.NewBudget(1000)
	p.Tick("AlertInfo")
	p.run()
	p.Wait("AlertInfo", "AlertId", want...)
}

// A stream that is stopped in the middle gives back what it holds of the budget.
func TestStoppedStreamHoldsNoBudget(t *testing.T) {
	h := newHub(t)
	h.start()
	for range 20 {
		h.send(0, alert("a"), alert("b"))
	}
	p := newPlace(t, h)
	blocked := make(chan struct{}, 100)
	p.stream.deps.Appender = &troubled{Appender: p.Store, answer: func(store.Frame) error {
		blocked <- struct{}{}
		return fault.New(fault.Unavailable, "disk_full", "The disk is full.")
	}}
	p.Tick("AlertInfo")
	stop := p.run()
	<-blocked
	stop()
	if _, err := p.Budget.Acquire(t.Context(), ingest.DefaultBudget); err != nil {
		t.Error(err)
	}
}
