package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/memory"
)

// minPiece is what the engine needs for one query to get anywhere; beyond it, it spills to disk.
const minPiece = 64 << 20

func newBroker(cfg *config.Config) *memory.Broker {
	limit := cfg.Memory.Limit
	if limit == 0 {
		limit = memory.Default()
	}
	return memory.New(limit)
}

// memoryLook is how often the shares are looked at.
const memoryLook = 10 * time.Second

// watchMemory tells health when queries were refused for want of memory since the last look, and when unsealed rows hold intake up.
func (s *server) watchMemory(ctx context.Context) error {
	t := time.NewTicker(memoryLook)
	defer t.Stop()
	var refused, waits int64
	for {
		r := health.Report{Component: "server/memory", Status: health.OK}
		for _, st := range s.memory.Stats() {
			if st.Use == memory.Queries {
				if st.Refused > refused {
					r = health.Report{Component: "server/memory", Status: health.Warning, Reason: "queries_refused", Description: fmt.Sprintf(
						"%d queries were refused in the last %s: all queries together may hold %d MB. Give the server more memory (memory.limit), or let fewer run at once.", st.Refused-refused, memoryLook, st.Share>>20)}
				}
				refused = st.Refused
			}
		}
		if n := s.store.Stats().Waits; n > waits {
			if r.Status == health.OK {
				r = health.Report{Component: "server/memory", Status: health.Warning, Reason: "intake_waits", Description: fmt.Sprintf(
					"Rows come faster than they are written to files, so intake waits; nothing is lost. Rows that are not in files may hold %d MB.", 2*s.memory.Share(memory.Tail)>>20)}
			}
			waits = n
		}
		s.board.Report(r)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// memoryMetrics exports the shares at the moment they are asked for.
type memoryMetrics struct {
	broker *memory.Broker
	limit  *prometheus.Desc
	by     []memoryFigure
}

type memoryFigure struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(memory.Stat) int64
}

func newMemoryMetrics(b *memory.Broker) *memoryMetrics {
	figure := func(name, help string, kind prometheus.ValueType, value func(memory.Stat) int64) memoryFigure {
		return memoryFigure{prometheus.NewDesc("vedette_memory_"+name, help, []string{"use"}, nil), kind, value}
	}
	return &memoryMetrics{broker: b, limit: prometheus.NewDesc("vedette_memory_limit_bytes", "The budget that is shared.", nil, nil), by: []memoryFigure{
		figure("share_bytes", "What each use may hold.", prometheus.GaugeValue, func(s memory.Stat) int64 { return s.Share }),
		figure("held_bytes", "What each use holds.", prometheus.GaugeValue, func(s memory.Stat) int64 { return s.Held }),
		figure("peak_bytes", "The most that each use held at once.", prometheus.GaugeValue, func(s memory.Stat) int64 { return s.Peak }),
		figure("waits_total", "Requests for memory that waited.", prometheus.CounterValue, func(s memory.Stat) int64 { return s.Waited }),
		figure("refused_total", "Requests for memory that were refused.", prometheus.CounterValue, func(s memory.Stat) int64 { return s.Refused }),
	}}
}

// Describe implements prometheus.Collector.
func (m *memoryMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.limit
	for _, f := range m.by {
		ch <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (m *memoryMetrics) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(m.limit, prometheus.GaugeValue, float64(m.broker.Limit()))
	for _, s := range m.broker.Stats() {
		for _, f := range m.by {
			ch <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(f.value(s)), s.Use.String())
		}
	}
}
