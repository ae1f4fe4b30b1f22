package connector

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// total is what came in for one table since the start.
type total struct{ rows, skipped, dead int64 }

type tableKey struct{ workspace, table string }

// metricDescs describe the meter's metrics.
type metricDescs struct{ records, lagEvents, lagSeconds *prometheus.Desc }

func newMetricDescs() metricDescs {
	partition := []string{"workspace", "source", "partition"}
	return metricDescs{
		records:    prometheus.NewDesc("vedette_intake_records_total", "Records since the start, by what became of them: stored, skipped because their table is not ticked, or dead letters.", []string{"workspace", "table", "outcome"}, nil),
		lagEvents:  prometheus.NewDesc("vedette_intake_lag_events", "Messages of a partition that are not read yet.", partition, nil),
		lagSeconds: prometheus.NewDesc("vedette_intake_lag_seconds", "How long the oldest message that is not read yet has been waiting, at least.", partition, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *Meter) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.descs.records
	ch <- m.descs.lagEvents
	ch <- m.descs.lagSeconds
}

// Collect implements prometheus.Collector.
func (m *Meter) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, t := range m.totals {
		for outcome, n := range map[string]int64{"stored": t.rows, "skipped": t.skipped, "dead": t.dead} {
			ch <- prometheus.MustNewConstMetric(m.descs.records, prometheus.CounterValue, float64(n), k.workspace, k.table, outcome)
		}
	}
	for ws, lags := range m.lags {
		for _, l := range lags {
			p := strconv.Itoa(int(l.Partition))
			ch <- prometheus.MustNewConstMetric(m.descs.lagEvents, prometheus.GaugeValue, float64(l.Events), ws, l.Source, p)
			ch <- prometheus.MustNewConstMetric(m.descs.lagSeconds, prometheus.GaugeValue, l.Behind.Seconds(), ws, l.Source, p)
		}
	}
}
