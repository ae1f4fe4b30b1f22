package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "vedette_http_request_seconds", Help: "Time to answer HTTP requests, by method and route.",
		Buckets: []float64{.005, .02, .1, .5, 2, 10, 60},
	}, []string{"method", "route"})}
	reg.MustRegister(m.requests)
	return m
}

// observe counts by route pattern, never by path: paths are without number.
func (m *metrics) observe(r *http.Request, d time.Duration) {
	route := r.Pattern
	if _, after, ok := strings.Cut(route, " "); ok {
		route = after
	}
	m.requests.WithLabelValues(r.Method, route).Observe(d.Seconds())
}
