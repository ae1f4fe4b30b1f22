package incident

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// putAlert stores a version of an alert after the one in old, and returns the row that tells of it. A withheld one is only
// kept: it is in no index and no row tells of it.
func (k *Sink) putAlert(ctx context.Context, tx meta.IncidentTx, a model.Alert, old meta.AlertRow, mark syncback.AlertMark, hold bool) (event string, err error) {
	raw := a.Raw
	a.Workspace, a.Raw = k.ws, nil
	doc, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("encoding alert %s: %w", a.ID, err)
	}
	row := meta.AlertRow{
		Workspace: k.ws, ID: a.ID, SystemID: a.SystemAlertID, IncidentID: a.IncidentID, Updated: ticks(a.Updated), Hash: a.Hash,
		Seen: mark.Seen, SeenAt: ticks(mark.SeenAt),
		Revision: old.Revision + 1, Written: max(ticks(k.s.now()), old.Written+1), First: ticks(a.First), Last: ticks(a.Last),
		Product: a.ProductName, Tactics: strings.Join(a.Tactics, ","), Doc: string(doc), Raw: string(raw),
		RuleIncident: old.RuleIncident,
	}
	if hold && (old.ID == "" || old.Withheld == 1) { // what was shown before stays shown
		row.Withheld = 1
	}
	same := row.Withheld == old.Withheld && sameAlert(doc, a.Hash, old)
	if same { // the list showed it in another way; nothing is new
		row.Revision, row.Written = old.Revision, old.Written
	}
	if err := tx.PutAlert(ctx, &row); err != nil {
		return "", fmt.Errorf("storing alert %s: %w", a.ID, err)
	}
	if row.Withheld == 1 || same {
		return "", nil
	}
	if err := indexEntities(ctx, tx, k.ws, a); err != nil {
		return "", err
	}
	return alertEvent(a, row.Written, row.Revision)
}

// sameAlert reports whether an alert's document says what the stored one does, but for the hash of the row it came from.
func sameAlert(doc []byte, hash string, old meta.AlertRow) bool {
	var was model.Alert
	if old.ID == "" || json.Unmarshal([]byte(old.Doc), &was) != nil {
		return false
	}
	was.Hash = hash
	b, err := json.Marshal(was)
	return err == nil && bytes.Equal(b, doc)
}
