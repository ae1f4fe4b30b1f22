package syncback

import "time"

// AlertMark is what is remembered of the newest version of an alert, so that old rows of a list are told from news. Alerts
// are the tenant's alone: nothing of them is merged or written back.
type AlertMark struct {
	Version int64     // lastUpdateDateTime in ticks; 0: no version is known
	Hash    string    // of its content
	Seen    string    // hash of a listed row of Version that a read by id has settled
	SeenAt  time.Time // the tenant's time of the list that showed it
}

// Verdict is what to do with a version of an alert.
type Verdict int

// A Known version tells nothing; one to Ask about must be read by id; News is stored; and Settled tells nothing but that
// the mark has changed and must be kept.
const (
	Known Verdict = iota
	Ask
	News
	Settled
)

// asked is how long a settled row is believed to be an old one. No later read by id repairs what is missed of an alert, so
// this is short against the time for which the lists go on showing the row: what is shown to the end is asked about again.
// Only the tenant's clock can tell: after a jump of ours, a row settled long ago would look like one of this minute.
const asked = time.Minute

// Listed takes in a row of a list that the tenant answered at that time of its own. One with the known stamp and other content proves nothing: the tenant's index may show
// an older version under the same stamp.
func (m *AlertMark) Listed(version int64, hash string, at time.Time) Verdict {
	switch {
	case version < m.Version, version == m.Version && hash == m.Hash:
		return Known
	case version == m.Version && hash == m.Seen && at.Sub(m.SeenAt).Abs() < asked:
		return Known
	case version == m.Version:
		return Ask
	}
	*m = AlertMark{Version: version, Hash: hash}
	return News
}

// Fetched takes in a version that was read by id, because of the row with that hash, listed at that time ("" when there was
// none). The row is not asked about again at once.
func (m *AlertMark) Fetched(version int64, hash, listed string, at time.Time) Verdict {
	verdict := Known
	if version > m.Version || version == m.Version && hash != m.Hash {
		*m, verdict = AlertMark{Version: version, Hash: hash}, News
	}
	if listed != "" && listed != m.Hash {
		m.Seen, m.SeenAt = listed, at
		if verdict == Known {
			verdict = Settled
		}
	}
	return verdict
}
