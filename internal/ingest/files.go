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

// Files stores the records of files that hold Streaming-API messages, a message a line, or one message over many lines;
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
// progress, if given, is called now and then with the bytes of content read so far.
func (f *Files) Add(ctx context.Context, path string, want Selection, progress func(bytes int64)) (FileResult, error) {
	res := FileResult{Path: path, Counts: Counts{}}
	sum, whole, err := inspect(ctx, path)
	if err != nil {
		return res, err
	}
	res.Source = "file/" + hex.EncodeToString(sum)
	r, err := openFile(path)
	if err != nil {
		return res, err
	}
	defer func() { _ = r.Close() }() // read only
	in := fileReader{r: bufio.NewReaderSize(r, 1<<20), whole: whole}
	dec := f.intake.Decoder(res.Source, 0)
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
			progress(in.bytes)
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

// inspect returns the hash of the file's content, and whether it is one document over several lines.
func inspect(ctx context.Context, path string) (sum []byte, whole bool, err error) {
	r, err := openFile(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = r.Close() }() // read only
	h := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(r, h), 1<<20)
	for line := []byte(nil); len(line) == 0; {
		line, err = in.ReadBytes('\n')
		line = bytes.TrimSpace(line)
		if err != nil || len(line) > 0 {
			// A first line that is not a document by itself begins one of several lines, or is just bad.
			whole = err == nil && unclosed(line)
			break
		}
	}
	if err == nil {
		_, err = io.Copy(io.Discard, ctxReader{ctx, in})
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, unreadable(path, err)
	}
	return h.Sum(nil), whole, nil
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
	bytes int64
}

// batch returns messages for one frame, leaving out those before next; last is true at the end of the content.
func (in *fileReader) batch(next int64) (msgs []Message, last bool, err error) {
	size := 0
	for size < fileFrame {
		value, err := in.message()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		in.bytes += int64(len(value))
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
		} else {
			in.bytes += int64(len(part))
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
func openFile(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	head := make([]byte, 2)
	n, err := io.ReadFull(f, head)
	if err == nil && head[0] == 0x1F && head[1] == 0x8B {
		if _, err := f.Seek(0, io.SeekStart); err == nil {
			z, err := gzip.NewReader(f)
			if err == nil {
				return &gzipFile{z, f}, nil
			}
		}
		return nil, errors.Join(unreadable(path, errors.New("it is not gzip after its first bytes")), f.Close())
	}
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return nil, errors.Join(unreadable(path, err), f.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(unreadable(path, err), f.Close())
	}
	return f, nil
}

type gzipFile struct {
	*gzip.Reader
	f *os.File
}

func (g *gzipFile) Close() error { return errors.Join(g.Reader.Close(), g.f.Close()) }
