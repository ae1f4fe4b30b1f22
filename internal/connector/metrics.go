package connector

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vedette-siem/vedette/internal/ingest"
)

// total is what came in for one table since the start.
type total struct{ rows, skipped, dead, dropped, repeated, bytes, gaps int64 }

type tableKey struct{ workspace, table string }

// metricDescs describe the meter's metrics.
type metricDescs struct {
	records, tableBytes, tableGaps, lagEvents, lagSeconds, lossSeconds *prometheus.Desc
	messages, bytes, duplicates, gaps, sourceEvent, late, lastEvent    *prometheus.Desc
}

func newMetricDescs() metricDescs {
	partition, source, table := []string{"workspace", "source", "partition"}, []string{"workspace", "source"}, []string{"workspace", "table"}
	return metricDescs{
		records:     prometheus.NewDesc("vedette_intake_records_total", "Records since the start, by what became of them: stored, skipped because their table is not ticked, dropped by the table's transformation, repeated by their source, or dead letters.", []string{"workspace", "table", "outcome"}, nil),
		tableBytes:  prometheus.NewDesc("vedette_intake_bytes_total", "Bytes of the records of a table since the start, dead letters left out.", table, nil),
		tableGaps:   prometheus.NewDesc("vedette_intake_gap_positions_total", "Positions that were not there to be read since the start, of the sources that bring the table; what was at them cannot be told.", table, nil),
		lagEvents:   prometheus.NewDesc("vedette_intake_lag_events", "Messages of a partition that are not read yet.", partition, nil),
		lagSeconds:  prometheus.NewDesc("vedette_intake_lag_seconds", "How long the oldest message that is not read yet has been waiting, at least.", partition, nil),
		lossSeconds: prometheus.NewDesc("vedette_intake_loss_seconds", "Time until the source drops messages of a partition that are not read yet; absent when none will be, as far as is known.", partition, nil),
		messages:    prometheus.NewDesc("vedette_source_messages_total", "Messages read since the start.", source, nil),
		bytes:       prometheus.NewDesc("vedette_source_bytes_total", "Bytes of messages read since the start.", source, nil),
		duplicates:  prometheus.NewDesc("vedette_source_duplicates_total", "Messages, or rows where a source repeats rows, that were stored before, since the start.", source, nil),
		gaps:        prometheus.NewDesc("vedette_source_gap_positions_total", "Positions that were not there to be read, since the start.", source, nil),
		sourceEvent: prometheus.NewDesc("vedette_source_last_event_timestamp_seconds", "Time of the newest event since the start.", source, nil),
		lastEvent:   prometheus.NewDesc("vedette_intake_last_arrival_timestamp_seconds", "When fresh records of the table came last.", table, nil),
		late:        prometheus.NewDesc("vedette_intake_lateness_seconds", "How long after their event rows were taken in. The sum is not kept and is 0.", table, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *Meter) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		m.descs.records, m.descs.tableBytes, m.descs.tableGaps, m.descs.lagEvents, m.descs.lagSeconds, m.descs.lossSeconds, m.descs.messages, m.descs.bytes, m.descs.duplicates, m.descs.gaps,
		m.descs.sourceEvent, m.descs.lastEvent, m.descs.late,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Meter) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, t := range m.totals {
		ch <- prometheus.MustNewConstMetric(m.descs.tableBytes, prometheus.CounterValue, float64(t.bytes), k.workspace, k.table)
		ch <- prometheus.MustNewConstMetric(m.descs.tableGaps, prometheus.CounterValue, float64(t.gaps), k.workspace, k.table)
		for outcome, n := range map[string]int64{"stored": t.rows, "skipped": t.skipped, "dead": t.dead, "dropped": t.dropped, "repeated": t.repeated} {
			ch <- prometheus.MustNewConstMetric(m.descs.records, prometheus.CounterValue, float64(n), k.workspace, k.table, outcome)
		}
	}
	for ws, lags := range m.lags {
		for _, l := range lags {
			p := strconv.Itoa(int(l.Partition))
			ch <- prometheus.MustNewConstMetric(m.descs.lagEvents, prometheus.GaugeValue, float64(l.Events), ws, l.Source, p)
			ch <- prometheus.MustNewConstMetric(m.descs.lagSeconds, prometheus.GaugeValue, l.Behind.Seconds(), ws, l.Source, p)
			if in, ok := l.LossIn(); ok {
				ch <- prometheus.MustNewConstMetric(m.descs.lossSeconds, prometheus.GaugeValue, in.Seconds(), ws, l.Source, p)
			}
		}
	}
	m.collectSources(ch)
	m.collectFlows(ch)
}

func (m *Meter) collectSources(ch chan<- prometheus.Metric) {
	for k, s := range m.sources {
		for d, n := range map[*prometheus.Desc]int64{m.descs.messages: s.total.Messages, m.descs.bytes: s.total.Bytes, m.descs.duplicates: s.total.Duplicates, m.descs.gaps: s.total.Gaps} {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), k.workspace, k.table)
		}
		if !s.total.Event.IsZero() {
			ch <- prometheus.MustNewConstMetric(m.descs.sourceEvent, prometheus.GaugeValue, float64(s.total.Event.UnixMilli())/1000, k.workspace, k.table)
		}
	}
}

func (m *Meter) collectFlows(ch chan<- prometheus.Metric) {
	for k, f := range m.flows {
		if !f.live.IsZero() {
			ch <- prometheus.MustNewConstMetric(m.descs.lastEvent, prometheus.GaugeValue, float64(f.live.UnixMilli())/1000, k.workspace, k.table)
		}
		buckets, total := map[float64]uint64{}, uint64(0)
		for i, n := range f.late {
			total += uint64(n) //nolint:gosec // counts are not negative
			if i < len(ingest.LateBounds) {
				buckets[ingest.LateBounds[i].Seconds()] = total
			}
		}
		if total > 0 {
			ch <- prometheus.MustNewConstHistogram(m.descs.late, total, 0, buckets, k.workspace, k.table)
		}
	}
}
