package app

import (
	"log/slog"
	"net/netip"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/geoip"
)

// openGeo opens the configured geolocation database. Queries run without one: a file that cannot be read is told, and
// nothing is known until the next start.
func openGeo(path string, log *slog.Logger) func(netip.Addr) *column.Object {
	if path == "" {
		return nil
	}
	d, err := geoip.Open(path, log)
	if err != nil {
		log.Error("geo_info_from_ip_address knows nothing; mend the file and start again", "error", err)
		return nil
	}
	return d.Lookup
}
