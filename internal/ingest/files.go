package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// Files stores the records of files that hold Streaming-API messages or exported rows (with Type and TimeGenerated), one a line, or one message over many lines;
// gzip is seen by its content. A file is stored once, whatever its name: its positions are those of its content.
type Files struct {
	intake   *Intake
	appender Appender
	log      *slog.Logger
}

// NewFiles returns the intake of files into a workspace.
func NewFiles(intake *Intake, appender Appender, log *slog.Logger) *Files {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Files{intake: intake, appender: appender, log: log}
}

// FileResult says what became of a file.
type FileResult struct {
	Path     string
	Source   string // "file/<sha256 of the content>"
	Messages int64
	Known    bool // all of it was stored before; nothing was done
	Counts   Counts
}

// fileFrame is how many bytes of messages go into one frame.
const fileFrame = 8 << 20

// Add stores the records of the file. Stopped in the middle, the next Add of the same content goes on where it ended.
// progress, if given, is called now and then with how many bytes of the file, packed or not, have been stored, and the counts so far.
func (f *Files) Add(ctx context.Context, path string, want Selection, progress func(bytes int64, sofar Counts)) (FileResult, error) {
	res := FileResult{Path: path, Counts: Counts{}}
	c, err := inspect(ctx, path)
	if err != nil {
		return res, err
	}
	res.Source = "file/" + hex.EncodeToString(c.sum)
	r, err := openFile(path)
	if err != nil {
		return res, err
	}
	defer func() { _ = r.Close() }() // read only
	// What was added since it was looked at is not part of the content.
	in := fileReader{r: bufio.NewReaderSize(io.LimitReader(r, c.size), 1<<20), whole: c.whole}
	dec := f.intake.Decoder(res.Source, 0)
	dec.rows = true
	next, known := f.appender.Next(f.intake.workspace, res.Source, 0)
	first := next
	for {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		msgs, last, err := in.batch(next)
		if err != nil {
			return res, unreadable(path, err)
		}
		if len(msgs) > 0 {
			to := msgs[len(msgs)-1].Offset + 1
			if err := f.store(ctx, dec, next, msgs, want, res.Counts); err != nil {
				return res, err
			}
			next = to
		}
		if progress != nil {
			progress(r.packed, res.Counts)
		}
		if last {
			res.Messages = in.line
			res.Known = known && next == first
			return res, nil
		}
	}
}

// store appends a frame of the messages, or several if it is too large for one.
func (f *Files) store(ctx context.Context, dec *Decoder, next int64, msgs []Message, want Selection, total Counts) error {
	frame, counts := dec.Decode(next, msgs, want)
	frame.Gaps, frame.Covers = nil, []store.Range{{Source: dec.source, First: next, Next: msgs[len(msgs)-1].Offset + 1}}
	_, err := f.appender.Append(ctx, frame)
	switch {
	case errors.Is(err, store.ErrDuplicate):
		return nil // another process adds the same file, or an answer was lost
	case fault.KindOf(err) == fault.TooLarge && len(msgs) > 1:
		half := len(msgs) / 2
		if err := f.store(ctx, dec, next, msgs[:half], want, total); err != nil {
			return err
		}
		return f.store(ctx, dec, msgs[half].Offset, msgs[half:], want, total)
	case err == nil:
		total.Add(counts)
	}
	return err
}

// content is what inspect found in a file.
type content struct {
	sum   []byte
	size  int64
	whole bool // one document over several lines
}

// inspect reads a file once.
func inspect(ctx context.Context, path string) (c content, err error) {
	r, err := openFile(path)
	if err != nil {
		return c, err
	}
	defer func() { _ = r.Close() }() // read only
	h := sha256.New()
	n := &counted{r: io.TeeReader(r, h)}
	in := bufio.NewReaderSize(n, 1<<20)
	for line := []byte(nil); len(line) == 0; {
		line, err = in.ReadSlice('\n')
		line = bytes.TrimSpace(bytes.TrimPrefix(line, byteOrderMark))
		if err != nil || len(line) > 0 {
			// A first line that is not a document by itself begins one of several lines, or is just bad.
			c.whole = err == nil && unclosed(line)
			break
		}
	}
	if err == nil || errors.Is(err, bufio.ErrBufferFull) {
		_, err = io.Copy(io.Discard, ctxReader{ctx, in})
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return c, unreadable(path, err)
	}
	c.sum, c.size = h.Sum(nil), n.bytes
	return c, nil
}

// byteOrderMark is what some programs put before UTF-8 text.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// counted counts what is read through it.
type counted struct {
	r     io.Reader
	bytes int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.bytes += int64(n)
	return n, err
}

// unclosed reports whether the line opens more than it closes, so that the value goes on in the next line. A line that ends
// inside a string does not: it is cut off.
func unclosed(line []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	return depth > 0 && !quoted
}

// ctxReader ends reading when ctx does.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// fileReader cuts a file's content into messages.
type fileReader struct {
	r     *bufio.Reader
	whole bool
	line  int64 // number of the next message
}

// batch returns messages for one frame, leaving out those before next; last is true at the end of the content.
func (in *fileReader) batch(next int64) (msgs []Message, last bool, err error) {
	size := 0
	for size < fileFrame {
		value, err := in.message()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		if in.line == 0 {
			value = bytes.TrimPrefix(value, byteOrderMark)
		}
		if text := bytes.TrimSpace(value); len(text) > 0 {
			if in.line >= next {
				msgs = append(msgs, Message{Offset: in.line, Time: time.Now(), Value: text})
				size += len(text)
			}
			in.line++
		}
		if err != nil {
			return msgs, true, nil
		}
	}
	return msgs, false, nil
}

// message returns the next line, or all that is left. Of a line beyond the size limit it returns a little more than the
// limit, for a dead letter.
func (in *fileReader) message() ([]byte, error) {
	var out []byte
	for {
		part, err := in.r.ReadSlice('\n')
		if len(out) <= MaxMessage {
			out = append(out, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull), err == nil && in.whole:
		default:
			return out, err
		}
	}
}

func unreadable(path string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(fault.Invalid, "file_unreadable", "The file %s cannot be read: %w.", path, err)
}

// openFile opens a file, unpacked if it is gzip.
func openFile(path string) (*opened, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, unreadable(path, err)
	}
	o := &opened{f: f}
	raw := bufio.NewReaderSize(readFunc(o.read), 256<<10)
	o.Reader = raw
	head, err := raw.Peek(2)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, errors.Join(unreadable(path, err), f.Close())
	case len(head) == 2 && head[0] == 0x1F && head[1] == 0x8B:
		if o.Reader, err = gzip.NewReader(raw); err != nil {
			return nil, errors.Join(unreadable(path, errors.New("it is not gzip after its first bytes")), f.Close())
		}
	}
	return o, nil
}

// opened is the content of a file.
type opened struct {
	io.Reader
	f      *os.File
	packed int64 // bytes of the file read
}

func (o *opened) read(p []byte) (int, error) {
	n, err := o.f.Read(p)
	o.packed += int64(n)
	return n, err
}

// Close closes the file.
func (o *opened) Close() error { return o.f.Close() }

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
