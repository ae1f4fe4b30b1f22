package store_test

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

func TestDefine(t *testing.T) {
	s := open(t, store.Options{})
	cols := []schema.Column{{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "N", Type: schema.Long}, {Name: "DeviceName", Type: schema.String}}
	for range 2 {
		if err := s.Define(t.Context(), "soc", "T_CL", cols); err != nil {
			t.Fatal(err)
		}
	}
	s = s.reopen(t)
	tb, ok := s.Catalog("soc").Table("T_CL")
	if _, has := tb.Column("DeviceName"); !ok || !has {
		t.Errorf("after a restart: %+v", tb)
	}
	appendFrame(t, s, frame(events("T_CL", 0, 3)))
	same(t, want(0, 3), rowsOf(t, s, "T_CL", allColumns...))
	for code, f := range map[string]func() error{
		"column_type": func() error {
			return s.Define(t.Context(), "soc", "T_CL", []schema.Column{{Name: "N", Type: schema.String}})
		},
		"table_name": func() error { return s.Define(t.Context(), "soc", "../T_CL", nil) },
		"column_name": func() error {
			return s.Define(t.Context(), "soc", "T_CL", []schema.Column{{Name: "a b", Type: schema.String}})
		},
	} {
		if err := f(); fault.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}
