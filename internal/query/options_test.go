package query

import (
	"math"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

func TestCapsThatAQueryAsksFor(t *testing.T) {
	l := Limits{Rows: 1000, Bytes: 64 << 20, Memory: 1 << 30}
	for _, tt := range []struct {
		text                string
		rows, bytes, memory int64
	}{
		{"T", 1000, 64 << 20, 1 << 30},
		{"set truncationmaxrecords = 10; T", 10, 64 << 20, 1 << 30},
		{"set truncationmaxrecords = 10000; set truncationmaxsize = 1024; T", 1000, 1024, 1 << 30},
		{"set notruncation; T", math.MaxInt64 / 4, 512 << 20, 1 << 30},
		{"set notruncation; set truncationmaxrecords = 5; T", 5, 512 << 20, 1 << 30},
		{"set maxmemoryconsumptionperiterator = 1048576; T", 1000, 64 << 20, 1 << 20},
		{"set maxmemoryconsumptionperiterator = 109951162777600; T", 1000, 64 << 20, 1 << 30},
		{"set notruncation = false; T", 1000, 64 << 20, 1 << 30},
	} {
		rows, bytes, memory := l.within(kql.Options(tt.text))
		if rows != tt.rows || bytes != tt.bytes || memory != tt.memory {
			t.Errorf("%s: %d rows, %d bytes, %d of memory; want %d, %d, %d", tt.text, rows, bytes, memory, tt.rows, tt.bytes, tt.memory)
		}
	}
}

func TestTimeThatAQuerySets(t *testing.T) {
	at := func(v int64) *int64 { return &v }
	if from, to, ok := scoped(plan.Options{}, 5, 9, true); from != 5 || to != 9 || !ok {
		t.Errorf("without: %d to %d", from, to)
	}
	if from, to, ok := scoped(plan.Options{From: at(7), To: at(20)}, 5, 9, true); from != 7 || to != 9 || !ok {
		t.Errorf("narrowed: %d to %d", from, to)
	}
	if from, _, ok := scoped(plan.Options{From: at(7)}, 0, 0, false); from != 7 || !ok {
		t.Errorf("alone: from %d", from)
	}
}
