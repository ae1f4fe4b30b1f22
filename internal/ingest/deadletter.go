package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// DeadLetterTable is where records go that cannot become rows.
const DeadLetterTable = "DeadLetter_CL"

// keptContent is how much of a bad record is kept.
const keptContent = 64 << 10

// letter is one dead letter.
type letter struct {
	time              time.Time
	workspace, source string
	partition         int32
	offset            int64
	ordinal           int
	table             string
	reason, detail    string
	raw               string
	src               string
}

// deadLetterColumns are the columns of the table, in its order.
var deadLetterColumns = []schema.Column{
	{Name: "TenantId", Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "Source", Type: schema.String},
	{Name: "Partition", Type: schema.String}, {Name: "Position", Type: schema.Long}, {Name: "Ordinal", Type: schema.Int},
	{Name: "TableName", Type: schema.String}, {Name: "Reason", Type: schema.String}, {Name: "Detail", Type: schema.String},
	{Name: "Size", Type: schema.Long}, {Name: "Content", Type: schema.String}, {Name: "Sha256", Type: schema.String},
	{Name: "SourceSystem", Type: schema.String}, {Name: "Type", Type: schema.String}, {Name: "_IsBillable", Type: schema.String},
	{Name: "_src", Type: schema.String, Hidden: true},
}

// deadLetters gathers the dead letters of one frame.
type deadLetters struct{ batch *column.Batch }

func (d *deadLetters) add(l letter) {
	if d.batch == nil {
		d.batch = &column.Batch{}
		for _, c := range deadLetterColumns {
			d.batch.Cols = append(d.batch.Cols, column.New(c.Type, 8))
		}
	}
	sum := sha256.Sum256([]byte(l.raw))
	content := l.raw
	if len(content) > keptContent {
		content = content[:keptContent]
	}
	// The cut may be inside a character, and the content need not be text at all.
	content = strings.Clone(strings.ToValidUTF8(content, "\uFFFD"))
	values := []any{
		l.workspace, column.FromTime(l.time), l.source, strconv.Itoa(int(l.partition)), l.offset, int64(l.ordinal), strings.ToValidUTF8(strings.Clone(l.table[:min(len(l.table), 200)]), ""), l.reason, l.detail,
		int64(len(l.raw)), content, hex.EncodeToString(sum[:]), "Vedette", DeadLetterTable, "False", l.src,
	}
	for i, v := range values {
		d.batch.Cols[i].Append(v)
	}
	d.batch.N++
}

// take hands over the rows gathered since the last call, and false if there are none.
func (d *deadLetters) take() (store.Rows, bool) {
	b := d.batch
	d.batch = nil
	return store.Rows{Table: DeadLetterTable, Cols: deadLetterColumns, Batch: b}, b != nil
}
