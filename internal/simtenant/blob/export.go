package blob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/hub"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

const (
	lookEvery = time.Second      // how often the hub is looked at
	busy      = 300              // messages a look that say: the hub is being filled, come back later
	patience  = 20 * time.Second // how long to come back later
	mostHeld  = 4 << 20          // bytes gathered before they are written
)

// Exporter writes what comes into the hub to the storage account: at least once, as the service does. Some lines stand there twice,
// with another time of export, and after a kill the last ones may.
type Exporter struct {
	Store   *Store
	Hub     *hub.Hub
	Seed    int64
	Now     func() time.Time
	Doubled func() float64 // share of lines that stand twice

	next  map[int32]int64
	lines map[place]*bytes.Buffer
	held  int
}

type place struct{ container, name string }

// Container is the container of a table.
func Container(table string) string { return hub.Topic + "-" + strings.ToLower(table) }

func (e *Exporter) positions() string { return filepath.Join(e.Store.dir, "position.json") }

// Run exports until ctx ends. It is called once.
func (e *Exporter) Run(ctx context.Context) error {
	e.next, e.lines = map[int32]int64{}, map[place]*bytes.Buffer{}
	b, err := os.ReadFile(e.positions())
	if err == nil {
		err = json.Unmarshal(b, &e.next)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading how far the export came: %w", err)
	}
	seen, done := int64(0), e.Now()
	for {
		ends := e.Hub.Ends()
		moved := sum(ends) - seen
		seen += moved
		if !maps.Equal(e.next, ends) && (moved < busy || e.Now().Sub(done) > patience) {
			if err := e.round(ctx); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			done = e.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

func sum(m map[int32]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// round exports what is in the hub beyond the positions.
func (e *Exporter) round(ctx context.Context) error {
	var p fastjson.Parser
	err := e.Hub.Read(ctx, e.next, func(m hub.Entry) error {
		if v, err := p.ParseBytes(m.Body); err == nil { // else it is somebody else's message
			for n, rec := range v.GetArray("records") {
				e.add(rec, dice.New(e.Seed, "doubled", m.Partition, m.Offset, n))
			}
		}
		e.next[m.Partition] = m.Offset + 1
		if e.held > mostHeld {
			return e.flush()
		}
		return nil
	})
	return errors.Join(err, e.flush())
}

// add puts a record into the blob of its table and hour.
func (e *Exporter) add(rec *fastjson.Value, d *dice.Dice) {
	line := rec.MarshalTo(nil)
	table, ok := strings.CutPrefix(string(rec.GetStringBytes("category")), "AdvancedHunting-")
	stamp := string(rec.GetStringBytes("properties", "Timestamp"))
	if !ok || len(stamp) < 13 {
		return
	}
	at := place{Container(table), fmt.Sprintf("tenantId=%s/y=%s/m=%s/d=%s/h=%s/m=00/PT1H.json", rec.GetStringBytes("tenantId"), stamp[:4], stamp[5:7], stamp[8:10], stamp[11:13])}
	b := e.lines[at]
	if b == nil {
		b = &bytes.Buffer{}
		e.lines[at] = b
	}
	b.Write(line)
	b.WriteString("\r\n")
	e.held += len(line)
	if e.Doubled != nil && d.Chance(e.Doubled()) {
		was := rec.GetStringBytes("time")
		again := bytes.Replace(line, was, []byte(hunt.Time(e.Now())), 1)
		b.Write(again)
		b.WriteString("\r\n")
	}
}

// flush appends what was gathered, then remembers how far it came.
func (e *Exporter) flush() error {
	if len(e.lines) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(e.lines), func(a, b place) int { return strings.Compare(a.container+"/"+a.name, b.container+"/"+b.name) })
	for _, at := range keys {
		if err := e.Store.Append(at.container, at.name, e.lines[at].Bytes(), e.Now()); err != nil {
			return err
		}
	}
	clear(e.lines)
	e.held = 0
	b, err := json.Marshal(e.next)
	if err != nil {
		return err
	}
	tmp := e.positions() + ".new"
	if err := errors.Join(os.WriteFile(tmp, b, 0o600), os.Rename(tmp, e.positions())); err != nil {
		return fmt.Errorf("keeping how far the export came: %w", err)
	}
	return nil
}
