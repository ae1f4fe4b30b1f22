package kernel

import (
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// serviceFunctions speak of the query and of its values rather than compute with them.
func serviceFunctions() family {
	return family{
		"assert":                  {bind: bindAssert, min: 2, max: 2},
		"estimate_data_size":      {bind: bindDataSize, min: 1, max: -1},
		"ingestion_time":          {bind: bindNoTime}, // of a row that no table holds; a table's is its column
		"datetime_list_timezones": dynamicFunc(0, 0, func([]any) any { return timeZones() }),
	}
}

var timeZones = sync.OnceValue(func() []any {
	var out []any
	for _, name := range strings.Fields(data.TimeZones) {
		out = append(out, name)
	}
	return out
})

// bindAssert binds assert(condition, message): true, or no query. The condition must be known before the query runs.
func bindAssert(s *site) (eval, schema.Type, error) {
	if !s.args[0].Const {
		return nil, 0, fault.New(fault.Invalid, "assert_not_constant", "The condition of assert() must be known before the query runs; it depends on a column.")
	}
	if s.args[0].Value != true {
		message, _ := s.text(1)
		return nil, 0, fault.New(fault.Invalid, "assert_failed", "assert() stopped the query: %s", message)
	}
	return func(_ []*column.Vector, n int) *column.Vector {
		out := column.Make(schema.Bool, n)
		for i := range out.Bools {
			out.Bools[i] = true
		}
		return out
	}, schema.Bool, nil
}

// bindDataSize binds estimate_data_size(column, ...): bytes of the values, by type; a string or dynamic by its text.
func bindDataSize(s *site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		out := column.Make(schema.Long, n)
		for _, v := range args {
			for r := range out.Ints {
				out.Ints[r] += dataSize(v, rowOf(v, r, n))
			}
		}
		return out
	}, schema.Long, nil
}

func dataSize(v *column.Vector, i int) int64 {
	switch v.Type {
	case schema.String:
		return int64(len(v.Strings[i]))
	case schema.Dynamic:
		if v.Null(i) {
			return 0
		}
		return int64(len(Text(v.Any[i])))
	case schema.Bool:
		return 1
	case schema.Int:
		return 4
	case schema.Guid, schema.Decimal:
		return 16
	}
	return 8
}

func bindNoTime(*site) (eval, schema.Type, error) {
	return func(_ []*column.Vector, n int) *column.Vector {
		out := column.New(schema.Datetime, n)
		for range n {
			out.AppendNull()
		}
		return out
	}, schema.Datetime, nil
}
