package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// accountName is what a storage account may be called.
var accountName = regexp.MustCompile(`^[a-z0-9]{3,24}$`)

func (w *Workspace) validateBlobStorage(p string, add func(path, format string, args ...any)) {
	seen := map[string]bool{}
	for i, b := range w.Streaming.BlobStorage {
		q := fmt.Sprintf("%s.streaming.blobStorage[%d]", p, i)
		named := slices.ContainsFunc(w.Streaming.EventHubs, func(h EventHub) bool { return slices.Contains(h.Hubs, b.Account) })
		switch {
		case !accountName.MatchString(b.Account):
			add(q+".account", "%q is not the name of a storage account: 3 to 24 small letters and digits", b.Account)
		case seen[b.Account] || named:
			add(q+".account", "%q is used twice", b.Account)
		}
		seen[b.Account] = true
		if b.ConnectionStringFile == "" {
			add(q+".connectionStringFile", "missing; put the account's connection string, or its address with a signature that may read and list, into a file (0600) and name it here")
		}
		if b.PollInterval < time.Second {
			add(q+".pollInterval", "%s is less than a second", b.PollInterval)
		}
	}
}
