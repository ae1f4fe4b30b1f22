package hubbench

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/noise"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// perMessage is how many records a message has, about.
const perMessage = 28

// day is messages as a tenant exports them, records of all its tables in turns, and how many records they have.
type day struct {
	messages [][]byte
	rows     []int
}

// ordinary makes an ordinary day's messages of so many bytes in all.
func ordinary(size int, now time.Time) day {
	src := noise.Source{Dir: directory.New(7, directory.Size{People: 300, Devices: 500}), Seed: 7, Name: "bench", Base: 10_000_000}
	var d day
	for n := int64(0); size > 0; n++ {
		records := src.Message(n, now.Add(-time.Duration(n%7200)*time.Second), perMessage)
		m := hunt.AppendMessage(nil, "6b1e2f6c-0000-4000-8000-000000000001", records)
		size -= len(m)
		d.messages, d.rows = append(d.messages, m), append(d.rows, len(records))
	}
	return d
}

const properties = `"properties":{`

// bad spoils one record in a hundred: its properties are no object.
func bad(d day) day {
	out := day{rows: d.rows}
	owed := 0.0
	for i, m := range d.messages {
		owed += float64(d.rows[i]) / 100
		n := int(owed)
		owed -= float64(n)
		out.messages = append(out.messages, bytes.Replace(m, []byte(properties), []byte(`"properties":17,"x":{`), n))
	}
	return out
}

// driftEvery is after how many records another column comes: every two seconds, at the tenant's full rate.
const driftEvery = 2 * liveRate

// drifting adds a column to all records, another one every driftEvery of them, and has one message in five carry it with another type.
func drifting(d day, every int) day {
	out := day{rows: d.rows}
	rows := 0
	for i, m := range d.messages {
		value := `"x"`
		switch i % 10 {
		case 4:
			value = "17"
		case 9:
			value = `{"level":4}`
		}
		out.messages = append(out.messages, bytes.ReplaceAll(m, []byte(properties), fmt.Appendf(nil, `%s"New%d":%s,`, properties, rows/every, value)))
		rows += d.rows[i]
	}
	return out
}

// TestRecords keeps what is measured honest.
func TestRecords(t *testing.T) {
	type seen struct {
		all, refused    int
		tables, columns map[string]bool
	}
	look := func(d day) seen {
		s := seen{tables: map[string]bool{}, columns: map[string]bool{}}
		for _, m := range d.messages {
			normalize.Decode(m, func(r normalize.Record) {
				s.all++
				s.tables[r.Table] = true
				if r.Reason != "" || !strings.HasPrefix(r.Properties, "{") {
					s.refused++
				}
				if rest, ok := strings.CutPrefix(r.Properties, `{"New`); ok {
					name, _, _ := strings.Cut(rest, `"`)
					s.columns[name] = true
				}
			})
		}
		return s
	}
	d := ordinary(4<<20, time.Now())
	rows, size := 0, 0
	for i, n := range d.rows {
		rows, size = rows+n, size+len(d.messages[i])
	}
	if s := look(d); s.all != rows || s.refused != 0 || len(s.tables) < 15 || len(s.columns) != 0 {
		t.Errorf("%d records of %d, %d bad, %d tables", s.all, rows, s.refused, len(s.tables))
	}
	if per := size / rows; per < 1500 || per > 3000 {
		t.Errorf("records are of %d bytes", per)
	}
	if s := look(bad(d)); s.refused != rows/100 {
		t.Errorf("%d bad records of %d", s.refused, rows)
	}
	if s := look(drifting(d, 100)); s.refused != 0 || len(s.columns) < rows/100*2/3 {
		t.Errorf("%d bad records, %d new columns in %d messages", s.refused, len(s.columns), len(d.messages))
	}
}
