package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// processEvents makes rows with the shape of DeviceProcessEvents: 46 columns, about 30 of them filled, 1 KB each.
func processEvents(first, n int) store.Rows {
	t, _ := schema.Builtin().Table("DeviceProcessEvents")
	r := store.Rows{Table: t.Name, Batch: &column.Batch{N: n}}
	for _, c := range t.Columns {
		if c.Source == "" && !c.Hidden {
			r.Cols = append(r.Cols, c)
		}
	}
	r.Cols = append(r.Cols, schema.Column{Name: "_src", Type: schema.String})
	for k, c := range r.Cols {
		v := column.New(c.Type, n)
		for i := range n {
			row := first + i
			switch {
			case c.Name == "TimeGenerated":
				v.AppendInt(column.FromTime(start) + int64(row)*column.Millisecond)
			case c.Name == "_src":
				v.AppendString(fmt.Sprintf("hub/insights-logs-advancedhunting/3/%d/%d", row/100, row%100))
			case k%3 == 2:
				v.AppendNull()
			case c.Type == schema.String:
				v.AppendString(fmt.Sprintf("C:\\Windows\\System32\\value%d-%d.exe", k, row%(1+k*50)))
			case c.Type == schema.Bool:
				v.AppendBool(row%2 == 0)
			case c.Type == schema.Real:
				v.AppendFloat(float64(row))
			case c.Type == schema.Dynamic:
				v.AppendAny(column.Raw(fmt.Sprintf(`{"row":%d}`, row)))
			default:
				v.AppendInt(int64(row * k))
			}
		}
		r.Batch.Cols = append(r.Batch.Cols, v)
	}
	return r
}

// BenchmarkAppend stores frames of some rows by some writers, with sealing in the background.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct{ rows, writers int }{{1, 1}, {100, 1}, {1000, 4}, {5000, 4}} {
		b.Run(fmt.Sprintf("rows=%d/writers=%d", c.rows, c.writers), func(b *testing.B) {
			s := open(b, store.Options{})
			rows := processEvents(0, c.rows)
			b.ReportAllocs()
			b.ResetTimer()
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range c.writers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := s.Append(context.Background(), frame(rows)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			st := s.Stats()
			b.ReportMetric(float64(st.AppendedRows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(st.AppendedBytes)/b.Elapsed().Seconds()/1e6, "MB/s")
			b.ReportMetric(float64(st.AppendedBytes)/float64(st.AppendedRows), "B/row")
			raw := rawDisk(b, int(st.AppendedBytes)/b.N)
			b.ReportMetric(float64(st.AppendedBytes)/b.Elapsed().Seconds()/raw, "of-raw-disk")
		})
	}
}

// rawDisk writes chunks to a file, one fsync each, and returns the bytes per second: what a journal could reach at best
// with one writer. More writers share an fsync, and may come above it.
func rawDisk(b *testing.B, chunk int) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, chunk)
	n := max(5, min(200, (64<<20)/chunk))
	begin := time.Now()
	for range n {
		_, werr := f.Write(data)
		if err := errors.Join(werr, f.Sync()); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(begin)
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return float64(n*chunk) / took.Seconds()
}

// BenchmarkSeal stores 122,880 rows and writes them into a part.
func BenchmarkSeal(b *testing.B) {
	s := open(b, store.Options{SealRows: 1 << 40, SealBytes: 1 << 40, TailBytes: 1 << 40, MaxTailBytes: 1 << 40})
	n := 0
	for b.Loop() {
		for range 12 {
			appendFrame(b, s, frame(processEvents(n, 10_240)))
			n += 10_240
		}
		if err := s.SealAll(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	st := s.Stats()
	b.ReportMetric(float64(st.PartRows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(st.PartBytes)/float64(st.PartRows), "B/row")
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapInuse)/1e6, "heapMB")
}

// BenchmarkScan reads three columns of a part in Go, and of the tail.
func BenchmarkScan(b *testing.B) {
	for _, form := range []string{"tail", "part"} {
		b.Run(form, func(b *testing.B) {
			s := open(b, store.Options{SealRows: 1 << 40, SealBytes: 1 << 40})
			const rows = 100_000
			for n := 0; n < rows; n += 10_000 {
				appendFrame(b, s, frame(processEvents(n, 10_000)))
			}
			if form == "part" {
				if err := s.SealAll(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			snap := s.Snapshot("soc")
			defer snap.Close()
			read := 0
			for b.Loop() {
				r, err := snap.Scan(context.Background(), store.ScanSpec{Table: "DeviceProcessEvents", Columns: []string{"TimeGenerated", "FileName", "ProcessId"}})
				if err != nil {
					b.Fatal(err)
				}
				for {
					batch, err := r.Next(context.Background())
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					read += batch.N
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
