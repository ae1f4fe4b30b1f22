package directory

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
)

type model struct {
	share                                                            int
	platform, version, build, distribution, info, kind, arch, vendor string
	model, prefix                                                    string
	server                                                           bool
}

func models() []model {
	return []model{
		{44, "Windows11", "24H2", "26100", "Windows11", "24H2", "Workstation", "64-bit", "Dell Inc.", "Latitude 7450", "DESKTOP", false},
		{16, "Windows10", "22H2", "19045", "Windows10", "22H2", "Workstation", "64-bit", "LENOVO", "ThinkPad T14 Gen 2", "LAPTOP", false},
		{10, "macOS", "15.6", "", "macOS", "Sequoia", "Workstation", "ARM64", "Apple Inc.", "MacBookPro18,3", "MBP", false},
		{6, "iOS", "18.5", "", "iOS", "", "Mobile", "ARM64", "Apple", "iPhone15,2", "iPhone", false},
		{4, "Android", "15", "", "Android", "", "Mobile", "ARM64", "Google", "Pixel 8", "Pixel", false},
		{12, "WindowsServer2022", "21H2", "20348", "WindowsServer2022", "21H2", "Server", "64-bit", "VMware, Inc.", "VMware Virtual Platform", "SRV", true},
		{8, "Linux", "22.4", "", "Ubuntu", "Jammy Jellyfish", "Server", "64-bit", "Microsoft Corporation", "Virtual Machine", "lnx", true},
	}
}

func (dir *Directory) addDevices(d *dice.Dice, n int, domainSID string, epoch time.Time) {
	owner := 0
	roles := []string{"FS", "SQL", "APP", "WEB", "PRN", "BKP"}
	var plan []model
	for _, m := range models() {
		least := 1
		if m.server {
			least = 3 // two of them are domain controllers
		}
		for range max(least, m.share*n/100) {
			plan = append(plan, m)
		}
	}
	for i := 0; len(dir.Devices) < n; i++ {
		m := plan[i%len(plan)]
		host := fmt.Sprintf("%s-%s", m.prefix, strings.ToUpper(d.Hex(4)[:7]))
		switch {
		case m.prefix == "SRV" && len(dir.DCs) < 2:
			host = fmt.Sprintf("DC%02d", len(dir.DCs)+1)
		case m.server:
			host = fmt.Sprintf("%s-%s%02d", m.prefix, dice.Pick(d, roles), len(dir.Servers)+1)
		}
		net := 10 + i/200
		dev := &Device{
			ID: d.Hex(20), AADID: d.GUID(), Host: host, DNS: strings.ToLower(host) + "." + ADDomain, Platform: m.platform, Version: m.version, Build: m.build,
			Distribution: m.distribution, VersionInfo: m.info, Type: m.kind, Category: "Endpoint", Arch: m.arch, Model: m.model, Vendor: m.vendor, Group: "Workstations",
			IP: fmt.Sprintf("10.%d.%d.%d", net, 1+i/60, 10+i%200), PublicIP: "203.0.113.10", MAC: strings.ToUpper("00-15-5D-" + d.Hex(1) + "-" + d.Hex(1) + "-" + d.Hex(1)),
			Gateway: fmt.Sprintf("10.%d.%d.1", net, 1+i/60), UUID: strings.ToUpper(d.GUID()), Server: m.server, SID: fmt.Sprintf("%s-%d", domainSID, 5001+i),
			FirstSeen: epoch.Add(d.Between(0, 3*365*24*time.Hour)),
		}
		switch {
		case strings.HasPrefix(host, "DC"):
			dev.DC, dev.Group = true, "Tier 0"
			dir.DCs = append(dir.DCs, dev)
			dir.Servers = append(dir.Servers, dev)
		case m.server:
			dev.Group = "Servers"
			dir.Servers = append(dir.Servers, dev)
		default:
			if m.kind == "Mobile" {
				dev.Group, dev.DNS = "Mobile", strings.ToLower(host)
			}
			u := dir.People[owner%len(dir.People)]
			owner++
			dev.Owner = u
			if u.Device == nil && m.kind != "Mobile" {
				u.Device = dev
			}
			if strings.HasPrefix(m.platform, "Windows") {
				dir.Clients = append(dir.Clients, dev)
			}
		}
		dir.Devices = append(dir.Devices, dev)
	}
	for i, u := range dir.People { // everyone works somewhere
		if u.Device == nil {
			u.Device = dir.Clients[i%len(dir.Clients)]
		}
	}
}

// IsWindows reports whether the device runs a Windows client or server.
func (d *Device) IsWindows() bool { return strings.HasPrefix(d.Platform, "Windows") }
