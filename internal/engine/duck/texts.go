package duck

import (
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TextsName is the SQL function that calls an evaluator with a list of texts for a result.
const TextsName = "k_texts"

// maxTexts bounds the bytes of the lists of one chunk.
const maxTexts = 1 << 30

// Texts is a list of texts per row: row i has those in [Ends[i-1], Ends[i]). Nulls marks the texts that are null, and
// may be nil.
type Texts struct {
	Ends  []int
	Items []string
	Nulls []bool
}

// Add adds a text to the row that EndRow will end.
func (t *Texts) Add(s string) {
	t.Items = append(t.Items, s)
	if t.Nulls != nil {
		t.Nulls = append(t.Nulls, false)
	}
}

// AddNull adds a null.
func (t *Texts) AddNull() {
	if t.Nulls == nil {
		t.Nulls = make([]bool, len(t.Items), len(t.Items)+1)
	}
	t.Items, t.Nulls = append(t.Items, ""), append(t.Nulls, true)
}

// EndRow ends the row.
func (t *Texts) EndRow() { t.Ends = append(t.Ends, len(t.Items)) }

// listEntry is where a list stands in the vector of all elements, as DuckDB lays it out.
type listEntry struct{ offset, length uint64 }

func (e *Eval) texts(args *column.Batch, out mapping.Vector) error {
	t, err := e.Texts(args)
	if err != nil {
		return err
	}
	if len(t.Ends) != args.N {
		return fault.New(fault.Internal, "eval_result", "%d lists where %d are meant", len(t.Ends), args.N)
	}
	size := 0
	for i, s := range t.Items {
		if !utf8.ValidString(s) {
			t.Items[i] = strings.ToValidUTF8(s, "\uFFFD")
		}
		size += len(s) + 16
	}
	if size > maxTexts {
		return fault.New(fault.TooLarge, "query_memory", "The lists of a few thousand rows take more than %d MB. Filter the rows, or shorten the lists, before they are expanded.", maxTexts>>20)
	}
	n := len(t.Items)
	if mapping.ListVectorReserve(out, mapping.IdxT(n)) == mapping.StateError || mapping.ListVectorSetSize(out, mapping.IdxT(n)) == mapping.StateError {
		return fault.New(fault.TooLarge, "query_memory", "There is not enough memory for lists of %d elements.", n)
	}
	entries, from := unsafe.Slice((*listEntry)(mapping.VectorGetData(out)), args.N), 0
	for i, end := range t.Ends {
		entries[i] = listEntry{uint64(from), uint64(end - from)}
		from = end
	}
	if n == 0 {
		return nil
	}
	child := mapping.ListVectorGetChild(out)
	if t.Nulls != nil {
		markNulls(child, t.Nulls)
	}
	assignTexts(child, t.Items)
	return nil
}

// AddValue adds a boxed value of a type as text that a cast to the type's physical form, or parseText, reads.
func (t *Texts) AddValue(typ schema.Type, v any) {
	if typ == schema.Dynamic && v != nil {
		t.Add(string(column.AppendCarried(nil, v)))
		return
	}
	switch x := v.(type) {
	case nil:
		t.AddNull()
	case bool:
		t.Add(strconv.FormatBool(x))
	case int64:
		t.Add(strconv.FormatInt(x, 10))
	case float64:
		t.Add(strconv.FormatFloat(x, 'g', -1, 64))
	case string:
		t.Add(x)
	default:
		t.Add(string(appendText(nil, v, typ)))
	}
}
