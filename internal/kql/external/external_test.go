package external_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/external"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/schema"
)

func rows(b *column.Batch) string {
	var sb strings.Builder
	for r := range b.N {
		for k, v := range b.Cols {
			if k > 0 {
				sb.WriteByte('|')
			}
			if v.Null(r) {
				sb.WriteByte('-')
			} else {
				sb.WriteString(kernel.Text(kernel.Box(v, r)))
			}
		}
		sb.WriteByte('\n')
	}
	return sb.String()
}

func gz(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func zipped(names ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, _ := w.Create(n)
		_, _ = f.Write([]byte("1,x\n"))
	}
	_ = w.Close()
	return b.String()
}

func parquetFile(t *testing.T) string {
	t.Helper()
	sc := arrow.NewSchema([]arrow.Field{{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "a", Type: arrow.PrimitiveTypes.Int32}}, nil)
	rb := array.NewRecordBuilder(memory.DefaultAllocator, sc)
	defer rb.Release()
	rb.Field(0).(*array.StringBuilder).AppendValues([]string{"x", ""}, []bool{true, false})
	rb.Field(1).(*array.Int32Builder).AppendValues([]int32{1, 2}, nil)
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(sc, &b, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rb.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, address, body string
		spec                external.Spec
		want                string
	}{
		{"by the ending", "https://h/l.csv?full", "1,x\r\n2,\"y, \"\"z\"\"\"\n", external.Spec{}, "1|x\n2|y, \"z\"\n"},
		{"with a heading", "https://h/l.csv", "a,b\n1,x\n", external.Spec{SkipFirst: true}, "1|x\n"},
		{"without its last", "https://h/l.csv", "1,x\n2,y\n", external.Spec{SkipLast: true}, "1|x\n"},
		{"short and long records", "https://h/l.csv", "1\n2,y,z\n", external.Spec{}, "1|\n2|y\n"},
		{"a value of another type is null", "https://h/l.csv", "one,x\n,y\n", external.Spec{}, "-|x\n-|y\n"},
		{"quotes in the middle", "https://h/l.csv", "1,say \"hi\" now\n", external.Spec{}, "1|say \"hi\" now\n"},
		{"tabs", "https://h/l.tsv", "1\tx\n", external.Spec{}, "1|x\n"},
		{"an ending that says nothing is csv", "https://h/l.netset", "1,x\n", external.Spec{}, "1|x\n"},
		{"the format wins", "https://h/l.csv", "1;x\n", external.Spec{Format: "scsv"}, "1|x\n"},
		{"lines", "https://h/l.txt", "5\n\n6,x\n", external.Spec{}, "5|\n-|\n-|\n"},
		{"json lines", "https://h/l.json", "{\"b\":\"x\",\"a\":1}\n{\"a\":2,\"c\":3}\n", external.Spec{}, "1|x\n2|\n"},
		{"an array of objects", "https://h/recent", "[{\"a\":1,\"b\":{\"k\":1}},\n{\"a\":2}]", external.Spec{Format: "multijson"}, "1|{\"k\":1}\n2|\n"},
		{"a byte order mark", "https://h/l.csv", "\ufeff1,x\n", external.Spec{}, "1|x\n"},
		{"gzip", "https://h/l.csv.gz", gz("1,x\n"), external.Spec{}, "1|x\n"},
		{"zip", "https://h/l.zip", zipped("d/l.csv"), external.Spec{}, "1|x\n"},
		{"parquet", "https://h/l.parquet", parquetFile(t), external.Spec{}, "1|x\n2|\n"},
		{"an empty file", "https://h/l.csv", "", external.Spec{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.spec.Names, tt.spec.Types, tt.spec.MaxBytes = []string{"a", "b"}, []schema.Type{schema.Long, schema.String}, 1<<20
			b, err := external.Read(tt.address, []byte(tt.body), tt.spec)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, rows(b)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ name, address, body, want string }{
		{"a gzip bomb", "https://h/l.csv.gz", gz(strings.Repeat("0", 1<<20)), "unpacks to more than"},
		{"no gzip", "https://h/l.csv.gz", "1,x\n", "is not a gzip file"},
		{"several files", "https://h/l.zip", zipped("a.csv", "b.csv"), "holds 2 files"},
		{"no json", "https://h/l.json", "<html>", "is not JSON"},
		{"no parquet", "https://h/l.parquet", "<html>", "is not a Parquet file"},
		{"a format nobody reads", "https://h/l.avro", "x", "does not read files of format \"avro\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := external.Read(tt.address, []byte(tt.body), external.Spec{Names: []string{"a"}, Types: []schema.Type{schema.String}, MaxBytes: 1 << 16})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"1,x\n", "{\"a\":1}", "[{}]", "\"", "a\tb", gz("1"), "\ufeff"} {
		for _, n := range []string{"l.csv", "l.json", "l.txt", "l.csv.gz", "l.zip", "l.tsv", "l.parquet"} {
			f.Add(n, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		if strings.HasSuffix(strings.ToLower(name), "parquet") {
			return // the reader of that format is not ours; exec catches what it throws
		}
		types := []schema.Type{schema.Long, schema.String, schema.Dynamic, schema.Datetime}
		b, err := external.Read("https://h/"+name, body, external.Spec{Names: []string{"a", "b", "c", "d"}, Types: types, MaxBytes: 1 << 16})
		if err != nil {
			return
		}
		for k, v := range b.Cols {
			if v.Len() != b.N || v.Type != types[k] {
				t.Fatalf("column %d has %d values of type %s, the batch %d rows", k, v.Len(), v.Type, b.N)
			}
		}
	})
}
