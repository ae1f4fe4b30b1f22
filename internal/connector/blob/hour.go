package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	azure "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// hour is one blob and how far it is read.
type hour struct {
	r         *reader
	name      string
	source    string // without the generation
	partition int32
	modified  time.Time

	generation int
	next       int64 // byte
	gap        *store.Gap
	dec        *ingest.Decoder
}

// pieceBytes is how much is read at once, unless a line is longer.
const pieceBytes = 4 << 20

// at returns the name of the positions in a generation.
func (b *hour) at(generation int) string {
	if generation == 0 {
		return b.source
	}
	return fmt.Sprintf("%s~%d", b.source, generation)
}

// locate asks the store how far the blob is read.
func (b *hour) locate() {
	b.generation, b.next = 0, 0
	for g := 0; ; g++ {
		next, ok := b.r.s.deps.Appender.Next(b.r.s.cfg.Workspace, b.at(g), b.partition)
		if !ok {
			return
		}
		b.generation, b.next = g, next
	}
}

// read stores the whole lines from the position on, at least up to size, which the blob had when it was listed. tail tells
// that the blob ends in the middle of a line.
func (b *hour) read(ctx context.Context, size int64) (tail bool, err error) {
	if size < b.next {
		p, err := b.r.s.client.Load().ServiceClient().NewContainerClient(b.r.container).NewBlobClient(b.name).GetProperties(ctx, nil)
		switch {
		case is(err, http.StatusNotFound):
			return false, nil
		case err != nil:
			return false, b.r.s.explain("blob "+b.name, err)
		case p.ContentLength == nil || *p.ContentLength >= b.next:
			return false, nil // it was listed before it was read
		}
		size = *p.ContentLength
		b.anew(ctx, "shrunk")
	}
	want := int64(pieceBytes)
	for b.next < size && ctx.Err() == nil && b.r.s.wants(b.r.container) {
		before := b.next
		longer, end, err := b.piece(ctx, want)
		if err != nil || end {
			return end, err
		}
		switch {
		case longer:
			want = min(want*2, ingest.MaxMessage+2)
		case b.next != before:
			want = pieceBytes
		}
	}
	return false, nil
}

// anew makes what is read next that of another blob under the same name.
func (b *hour) anew(ctx context.Context, reason string) {
	b.r.s.deps.Logger.WarnContext(ctx, "blob made anew", "stream", b.r.s.Name(), "container", b.r.container, "blob", b.name, "position", b.next, "reason", reason)
	b.r.s.anewAt.Store(time.Now().Unix())
	b.r.s.health.warn("anew", "blob_made_anew", fmt.Sprintf("Blob %s of container %s in storage account %s is not the one whose first %d bytes were read (%s). It is read from its beginning; what the old one held behind them is lost.",
		b.name, b.r.container, b.r.s.cfg.Account, b.next, reason))
	b.gap = &store.Gap{Source: b.at(b.generation), Partition: b.partition, From: b.next, To: b.next + 1, Reason: reason}
	b.generation, b.next, b.dec = b.generation+1, 0, nil
}

// piece reads a range and stores its whole lines. longer tells that no line ends in it, end that none ends before the blob's
// end either.
func (b *hour) piece(ctx context.Context, want int64) (longer, end bool, err error) {
	s := b.r.s
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return false, false, ctx.Err()
	}
	// What is stored is decided once for the piece: a table that is unticked meanwhile still has all of it.
	selected, ok := s.choice(b.r.container)
	if !ok {
		return false, true, nil
	}
	release, err := b.room(ctx, want)
	if err != nil {
		return false, false, err
	}
	defer release()
	from := max(0, b.next-1) // with the end of the line that was read last
	raw, err := b.download(ctx, from, want+1)
	if is(err, http.StatusNotFound) || is(err, http.StatusRequestedRangeNotSatisfiable) {
		return false, true, nil // deleted or shrunk since it was listed: the next listing tells
	}
	if err != nil {
		return false, false, s.explain("blob "+b.name, err)
	}
	whole := int64(len(raw)) > want // there is more
	if b.next > 0 {
		if len(raw) == 0 || raw[0] != '\n' {
			b.anew(ctx, "replaced")
			return false, false, nil
		}
		raw = raw[1:]
	}
	cut := bytes.LastIndexByte(raw, '\n') + 1
	switch {
	case cut > 0:
		return false, false, b.store(ctx, b.lines(raw[:cut]), b.next+int64(cut), selected)
	case !whole:
		return false, true, nil
	case len(raw) <= ingest.MaxMessage:
		return true, false, nil
	}
	end, err = b.skip(ctx, raw)
	return false, end, err
}

// freshFor is how long ago a blob may have been written to for its lines to count as fresh.
const freshFor = 10 * time.Minute

// room takes room for a piece; that of a blob which nobody has written to lately waits for what is fresh.
func (b *hour) room(ctx context.Context, n int64) (release func(), err error) {
	budget := b.r.s.deps.Budget
	if !b.modified.IsZero() && time.Since(b.modified) > freshFor {
		return budget.Backlog(ctx, n)
	}
	held, err := budget.Acquire(ctx, n)
	if err != nil {
		return nil, err
	}
	return func() { budget.Release(held) }, nil
}

// skip makes a dead letter of a line that is too long, of which raw is the beginning. end tells that it has no end yet.
func (b *hour) skip(ctx context.Context, raw []byte) (end bool, err error) {
	at := b.next + int64(len(raw))
	for {
		part, err := b.download(ctx, at, pieceBytes)
		if is(err, http.StatusNotFound) || is(err, http.StatusRequestedRangeNotSatisfiable) {
			return true, nil
		}
		if err != nil {
			return false, b.r.s.explain("blob "+b.name, err)
		}
		if i := bytes.IndexByte(part, '\n'); i >= 0 {
			m := ingest.Message{Offset: b.next, Time: b.modified, Value: raw}
			return false, b.discard(ctx, m, fmt.Sprintf("the line has more than %d bytes", ingest.MaxMessage), at+int64(i)+1)
		}
		if len(part) < pieceBytes {
			return true, nil
		}
		at += int64(len(part))
	}
}

// discard stores a dead letter instead of a line and moves the position to upTo.
func (b *hour) discard(ctx context.Context, m ingest.Message, detail string, upTo int64) error {
	f, counts := b.decoder().Discard(m.Offset, m, detail)
	f.Covers = []store.Range{{Source: b.at(b.generation), Partition: b.partition, First: b.next, Next: upTo}}
	return b.append(ctx, f, counts, []ingest.Message{m}, upTo)
}

func (b *hour) download(ctx context.Context, from, count int64) ([]byte, error) {
	res, err := b.r.s.client.Load().DownloadStream(ctx, b.r.container, b.name, &azblob.DownloadStreamOptions{Range: azure.HTTPRange{Offset: from, Count: count}})
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, count))
	return raw, errors.Join(err, res.Body.Close())
}

// lines returns the lines of a range that begins at the position.
func (b *hour) lines(raw []byte) []ingest.Message {
	var out []ingest.Message
	at := b.next
	for line := range bytes.SplitAfterSeq(raw, []byte{'\n'}) {
		if text := bytes.TrimSpace(line); len(text) > 0 {
			out = append(out, ingest.Message{Offset: at, Time: b.modified, Value: text})
		}
		at += int64(len(line))
	}
	return out
}

// store appends the rows of lines and moves the position to upTo, in parts if the store finds them too many.
func (b *hour) store(ctx context.Context, lines []ingest.Message, upTo int64, want ingest.Selection) error {
	f, counts := b.decoder().DecodeRange(b.next, upTo, lines, want)
	if err := b.r.s.quality.Observe(ctx, counts); err != nil {
		return err
	}
	err := b.append(ctx, f, counts, lines, upTo)
	if k := fault.KindOf(err); k != fault.TooLarge && k != fault.Invalid || len(lines) == 0 {
		return err
	}
	if len(lines) > 1 {
		half := len(lines) / 2
		middle := lines[half].Offset
		if err := b.store(ctx, lines[:half], middle, want); err != nil {
			return err
		}
		if b.next != middle {
			return nil // somebody else moved it: read again from there
		}
		return b.store(ctx, lines[half:], upTo, want)
	}
	return b.discard(ctx, lines[0], err.Error(), upTo)
}

func (b *hour) decoder() *ingest.Decoder {
	if b.dec == nil {
		b.dec = b.r.s.deps.Intake.Decoder(b.at(b.generation), b.partition)
	}
	return b.dec
}

func (b *hour) append(ctx context.Context, f store.Frame, counts ingest.Counts, lines []ingest.Message, upTo int64) error {
	if b.gap != nil {
		f.Gaps = append(f.Gaps, *b.gap)
		f.Tables = append(f.Tables, ingest.GapRows(f.Workspace, []store.Gap{*b.gap}, time.Now()))
	}
	s := b.r.s
	_, err := s.deps.Appender.Append(ctx, f)
	if errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrOverlap) {
		before, generation := b.next, b.generation
		b.locate()
		if b.generation < generation || b.generation == generation && b.next <= before {
			return err
		}
		b.gap = nil
		return nil
	}
	if err != nil {
		return err
	}
	s.deps.Meter.Add(s.cfg.Workspace, counts)
	rows, dead, repeated, event := counts.Source()
	u := model.SourceUsage{Source: b.r.source(), Messages: int64(len(lines)), Bytes: upTo - b.next, Rows: rows, Dead: dead, Duplicates: repeated, Sent: b.modified, Event: event, Tables: counts.Tables()}
	if b.gap != nil {
		u.Gaps = 1
	}
	s.deps.Meter.AddSource(s.cfg.Workspace, u)
	b.next, b.gap = upTo, nil
	return nil
}
