package geoip

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"

	"github.com/vedette-siem/vedette/internal/fault"
)

// place is where a network of the demo is.
type place struct {
	network              string
	country, state, city string
	latitude, longitude  float64
}

// places are the networks from which the simulated tenant's people and attackers come.
var places = []place{
	{"203.0.113.0/24", "United States", "Washington", "Redmond", 47.674, -122.1215},
	{"67.160.0.0/16", "United States", "Washington", "Redmond", 47.674, -122.1215},
	{"73.22.0.0/16", "United States", "Illinois", "Chicago", 41.8781, -87.6298},
	{"86.40.0.0/16", "Ireland", "Leinster", "Dublin", 53.3498, -6.2603},
	{"84.112.0.0/16", "Austria", "Vienna", "Vienna", 48.2082, 16.3738},
	{"91.10.0.0/16", "Germany", "Bavaria", "Munich", 48.1351, 11.582},
	{"101.160.0.0/16", "Australia", "New South Wales", "Sydney", -33.8688, 151.2093},
	{"198.51.100.0/24", "Netherlands", "North Holland", "Amsterdam", 52.3676, 4.9041},
	{"192.0.2.0/24", "Romania", "București", "Bucharest", 44.4268, 26.1025},
}

// WriteDemo writes a small database of the demo's networks, if the file is not there.
func WriteDemo(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "Vedette-Demo-City", RecordSize: 24, IncludeReservedNetworks: true,
		Description: map[string]string{"en": "Networks of the simulated tenant"}, Languages: []string{"en"},
	})
	if err != nil {
		return fmt.Errorf("making the demo's geolocation database: %w", err)
	}
	name := func(s string) mmdbtype.Map {
		return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(s)}}
	}
	for _, p := range places {
		entry := mmdbtype.Map{
			"country": name(p.country), "subdivisions": mmdbtype.Slice{name(p.state)}, "city": name(p.city),
			"location": mmdbtype.Map{"latitude": mmdbtype.Float64(p.latitude), "longitude": mmdbtype.Float64(p.longitude)},
		}
		if err := tree.Insert(netipx.PrefixIPNet(netip.MustParsePrefix(p.network)), entry); err != nil {
			return fmt.Errorf("adding %s to the demo's geolocation database: %w", p.network, err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		return fmt.Errorf("encoding the demo's geolocation database: %w", err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fault.New(fault.Unavailable, "geo_database", "writing the demo's geolocation database: %w", err)
	}
	return nil
}
