package eventhub

import (
	"encoding/json"
	"maps"
	"slices"
)

// claims is what the group's commit of a partition says beside its position, which is what nobody claimed yet: who claimed
// what last. A process that shares the hub claims a range by committing its end, and stores it then; the broker refuses
// commits of processes that no longer own the partition, so no two claim the same. A range that was claimed but not stored,
// because the process was killed, is that process's debt, and it alone stores it.
type claims struct {
	Version    int                 `json:"v"`
	Generation int                 `json:"g"`
	Last       map[string][2]int64 `json:"c"` // by node: from and until
}

const (
	claimVersion = 1
	// claimNodes bounds how many nodes are remembered: the broker takes 4,096 bytes.
	claimNodes = 60
)

// parseClaims reads a commit's text; false if it is not ours.
func parseClaims(text string) (claims, bool) {
	var c claims
	if err := json.Unmarshal([]byte(text), &c); err != nil || c.Version != claimVersion || c.Generation < 0 {
		return claims{}, false
	}
	for _, r := range c.Last {
		if r[0] < 0 || r[1] < r[0] {
			return claims{}, false
		}
	}
	return c, true
}

// with returns the claims after a node claimed a range. Beyond the bound, those that are oldest by position are forgotten.
func (c claims) with(node string, from, until int64) claims {
	last := maps.Clone(c.Last)
	if last == nil {
		last = map[string][2]int64{}
	}
	last[node] = [2]int64{from, until}
	for len(last) > claimNodes {
		delete(last, slices.MinFunc(slices.Collect(maps.Keys(last)), func(a, b string) int { return int(max(-1, min(1, last[a][1]-last[b][1]))) }))
	}
	return claims{Version: claimVersion, Generation: c.Generation, Last: last}
}

// debt returns what of a node's last claim it has not stored, given the next position of its store, -1 for none.
func (c claims) debt(node string, next int64) (from, until int64, ok bool) {
	r, claimed := c.Last[node]
	if !claimed || next >= r[1] {
		return 0, 0, false
	}
	return max(r[0], next), r[1], r[1] > r[0]
}

func (c claims) text() string {
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and strings
	}
	return string(raw)
}
