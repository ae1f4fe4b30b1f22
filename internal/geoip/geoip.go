// Package geoip says where an address is, from a MaxMind database file (GeoLite2 City, GeoIP2, DB-IP and others of that
// format).
package geoip

import (
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
)

// maxFile is the largest file that is read into memory. Memory-mapping it would end the process when somebody
// truncates the file.
const maxFile = 2 << 30

// recheck is how long a changed file may go unnoticed.
const recheck = 30 * time.Second

// Database is an open file. It is safe for concurrent use, and follows the file when that is replaced.
type Database struct {
	path   string
	log    *slog.Logger
	now    func() time.Time
	reader atomic.Pointer[maxminddb.Reader]
	next   atomic.Int64 // when to look at the file again, Unix nanoseconds
	mu     sync.Mutex
	seen   time.Time // of the file that is read
}

// Open reads a database. A file that is missing or broken is an error; when it breaks later, what was read stays in use.
func Open(path string, log *slog.Logger) (*Database, error) {
	d := &Database{path: path, log: log, now: time.Now}
	if err := d.load(); err != nil {
		return nil, err
	}
	d.next.Store(d.now().Add(recheck).UnixNano())
	return d, nil
}

func (d *Database) load() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(d.path)
	if err != nil {
		return fault.New(fault.NotFound, "geo_database", "the geolocation database %s cannot be read; check query.geoDatabase: %w", d.path, err)
	}
	if info.ModTime().Equal(d.seen) {
		return nil
	}
	if info.Size() > maxFile {
		return fault.New(fault.TooLarge, "geo_database", "the geolocation database %s is larger than 2 GB", d.path)
	}
	raw, err := os.ReadFile(d.path)
	if err != nil {
		return fault.New(fault.NotFound, "geo_database", "the geolocation database %s cannot be read; check query.geoDatabase: %w", d.path, err)
	}
	r, err := maxminddb.OpenBytes(raw)
	if err != nil {
		return fault.New(fault.Invalid, "geo_database", "%s is not a MaxMind database; download it again: %w", d.path, err)
	}
	d.reader.Store(r)
	d.seen = info.ModTime()
	return nil
}

// follow looks at the file now and then; one of the callers does.
func (d *Database) follow() {
	now, next := d.now().UnixNano(), d.next.Load()
	if now < next || !d.next.CompareAndSwap(next, now+int64(recheck)) {
		return
	}
	if err := d.load(); err != nil {
		d.log.Warn("keeping the geolocation database that was read before", "error", err)
	}
}

// record is what is read of an entry.
type record struct {
	City         named    `maxminddb:"city"`
	Country      named    `maxminddb:"country"`
	Registered   named    `maxminddb:"registered_country"`
	Subdivisions []named  `maxminddb:"subdivisions"`
	Location     location `maxminddb:"location"`
}

type named struct {
	Names struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

type location struct {
	Latitude  *float64 `maxminddb:"latitude"`
	Longitude *float64 `maxminddb:"longitude"`
}

// Lookup returns a bag of country, state, city, latitude and longitude; what is not known is left out, and nothing known is nil.
func (d *Database) Lookup(addr netip.Addr) *column.Object {
	d.follow()
	var r record
	if err := d.reader.Load().Lookup(addr).Decode(&r); err != nil {
		return nil // the entry is damaged, or the file has no IPv6
	}
	out := &column.Object{}
	set := func(key, value string) {
		if value != "" {
			out.Set(key, value)
		}
	}
	country := r.Country.Names.English
	if country == "" {
		country = r.Registered.Names.English
	}
	set("country", country)
	if len(r.Subdivisions) > 0 {
		set("state", r.Subdivisions[0].Names.English)
	}
	set("city", r.City.Names.English)
	if r.Location.Latitude != nil && r.Location.Longitude != nil {
		out.Set("latitude", *r.Location.Latitude)
		out.Set("longitude", *r.Location.Longitude)
	}
	if len(out.Keys) == 0 {
		return nil
	}
	return out
}
