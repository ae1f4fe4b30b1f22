package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vedette-siem/vedette/internal/store"
)

// storeMetrics exports the store's figures at the moment they are asked for.
type storeMetrics struct {
	store *store.Store
	descs map[string]*prometheus.Desc
	syncs *prometheus.Desc
}

var storeGauges = []struct {
	name, help string
	counter    bool
	value      func(store.Stats) float64
}{
	{"vedette_store_appended_rows_total", "Rows appended since the start.", true, func(s store.Stats) float64 { return float64(s.AppendedRows) }},
	{"vedette_store_appended_bytes_total", "Bytes of rows appended since the start.", true, func(s store.Stats) float64 { return float64(s.AppendedBytes) }},
	{"vedette_store_unsealed_rows", "Rows in journal and memory, not yet in parts.", false, func(s store.Stats) float64 { return float64(s.UnsealedRows) }},
	{"vedette_store_unsealed_bytes", "Memory held by rows not yet in parts.", false, func(s store.Stats) float64 { return float64(s.UnsealedBytes) }},
	{"vedette_store_journal_bytes", "Size of the journal on disk.", false, func(s store.Stats) float64 { return float64(s.JournalBytes) }},
	{"vedette_store_parts", "Parquet files in the part list.", false, func(s store.Stats) float64 { return float64(s.Parts) }},
	{"vedette_store_part_rows", "Rows in parts.", false, func(s store.Stats) float64 { return float64(s.PartRows) }},
	{"vedette_store_part_bytes", "Size of the parts on disk.", false, func(s store.Stats) float64 { return float64(s.PartBytes) }},
	{"vedette_store_cold_parts", "Parquet files in the cold tier.", false, func(s store.Stats) float64 { return float64(s.ColdParts) }},
	{"vedette_store_cold_bytes", "Size of the cold tier on disk.", false, func(s store.Stats) float64 { return float64(s.ColdBytes) }},
	{"vedette_store_expired_rows_total", "Rows removed because of their age.", true, func(s store.Stats) float64 { return float64(s.ExpiredRows) }},
	{"vedette_store_expired_bytes_total", "Bytes removed because of their age.", true, func(s store.Stats) float64 { return float64(s.ExpiredBytes) }},
	{"vedette_store_quarantined_total", "Damaged files of tables that were set aside.", true, func(s store.Stats) float64 { return float64(s.Quarantined) }},
	{"vedette_store_seals_total", "Tables sealed since the start.", true, func(s store.Stats) float64 { return float64(s.Seals) }},
	{"vedette_store_seal_errors_total", "Seals that failed and were tried again.", true, func(s store.Stats) float64 { return float64(s.SealErrors) }},
	{"vedette_store_sealed_bytes_total", "Bytes of files that seals wrote.", true, func(s store.Stats) float64 { return float64(s.SealedBytes) }},
	{"vedette_store_merged_bytes_total", "Bytes of files that merges wrote; with the sealed ones, how often a row is written.", true, func(s store.Stats) float64 { return float64(s.MergedBytes) }},
	{"vedette_store_merges_total", "Merges of parts since the start.", true, func(s store.Stats) float64 { return float64(s.Merges) }},
	{"vedette_store_reserved_bytes", "Disk space kept for when the disk is full; 0 while it is.", false, func(s store.Stats) float64 { return float64(s.Reserved) }},
	{"vedette_store_reserve_spent_total", "How often the reserved disk space was freed.", true, func(s store.Stats) float64 { return float64(s.ReserveSpent) }},
	{"vedette_store_waits_total", "Appends that waited for memory.", true, func(s store.Stats) float64 { return float64(s.Waits) }},
}

func newStoreMetrics(s *store.Store) *storeMetrics {
	m := &storeMetrics{store: s, descs: map[string]*prometheus.Desc{}, syncs: prometheus.NewDesc("vedette_store_fsync_seconds", "Time of journal fsyncs.", nil, nil)}
	for _, g := range storeGauges {
		m.descs[g.name] = prometheus.NewDesc(g.name, g.help, nil, nil)
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *storeMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range m.descs {
		ch <- d
	}
	ch <- m.syncs
}

// Collect implements prometheus.Collector.
func (m *storeMetrics) Collect(ch chan<- prometheus.Metric) {
	st := m.store.Stats()
	for _, g := range storeGauges {
		kind := prometheus.GaugeValue
		if g.counter {
			kind = prometheus.CounterValue
		}
		ch <- prometheus.MustNewConstMetric(m.descs[g.name], kind, g.value(st))
	}
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, n := range st.Syncs {
		total += uint64(n)
		if i < len(store.SyncBuckets) {
			buckets[store.SyncBuckets[i]] = total
		}
	}
	ch <- prometheus.MustNewConstHistogram(m.syncs, total, st.SyncSeconds, buckets)
}
