package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests                *prometheus.HistogramVec
	exports                 *prometheus.CounterVec
	exportRows, exportBytes prometheus.Counter
	exporting               prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "vedette_http_request_seconds", Help: "Time to answer HTTP requests, by method and route.",
		Buckets: []float64{.005, .02, .1, .5, 2, 10, 60},
	}, []string{"method", "route"})}
	m.exports = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vedette_exports_total", Help: "Exports that ended, by format and result (success, failure)."}, []string{"format", "result"})
	m.exportRows = prometheus.NewCounter(prometheus.CounterOpts{Name: "vedette_export_rows_total", Help: "Rows of exports that succeeded."})
	m.exportBytes = prometheus.NewCounter(prometheus.CounterOpts{Name: "vedette_export_bytes_total", Help: "Bytes sent by exports, also those that failed."})
	m.exporting = prometheus.NewGauge(prometheus.GaugeOpts{Name: "vedette_exports_running", Help: "Exports that are being sent."})
	reg.MustRegister(m.requests, m.exports, m.exportRows, m.exportBytes, m.exporting)
	return m
}

// exported counts an export that ended. The format is the caller's and counts only if it is one.
func (m *metrics) exported(format string, rows, bytes int64, err error) {
	result := "success"
	if err != nil {
		rows, result = 0, "failure"
	}
	switch format {
	case "parquet", "csv", "ndjson":
	default:
		format = "unknown"
	}
	m.exports.WithLabelValues(format, result).Inc()
	m.exportRows.Add(float64(rows))
	m.exportBytes.Add(float64(bytes))
}

// observe counts by route pattern, never by path: paths are without number.
func (m *metrics) observe(r *http.Request, d time.Duration) {
	route := r.Pattern
	if _, after, ok := strings.Cut(route, " "); ok {
		route = after
	}
	m.requests.WithLabelValues(r.Method, route).Observe(d.Seconds())
}
