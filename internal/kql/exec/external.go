package exec

import (
	"context"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/external"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// maxUnpacked bounds a packed file of externaldata.
const maxUnpacked = 256 << 20

// externalReader reads file after file.
type externalReader struct {
	x    *runner
	n    *plan.External
	spec external.Spec
	uris []string
	cur  *sliceReader
}

func (x *runner) external(ctx context.Context, n *plan.External) (Reader, error) {
	if x.env.Fetch == nil {
		return nil, fault.New(fault.Invalid, "external_unavailable", "externaldata cannot be read here: this query runs without a way to the outside.")
	}
	r := &externalReader{x: x, n: n, spec: external.Spec{
		Format: n.Format, SkipFirst: n.SkipFirst, SkipLast: n.SkipLast, MaxBytes: min(maxUnpacked, x.mem.limit), Types: typesOf(n.Out),
	}}
	for _, c := range n.Out {
		r.spec.Names = append(r.spec.Names, c.Name)
	}
	for _, e := range n.URIs {
		v, err := x.constantOf(ctx, e)
		if err != nil {
			return nil, err
		}
		uri, ok := v.(string)
		if !ok || uri == "" {
			return nil, fault.New(fault.Invalid, "external_address", "An address of externaldata is empty.")
		}
		r.uris = append(r.uris, uri)
	}
	return r, nil
}

func (r *externalReader) Next(ctx context.Context) (*column.Batch, error) {
	for {
		if r.cur != nil {
			b, err := r.cur.Next(ctx)
			if err == nil {
				return b, nil
			}
			_ = r.cur.Close()
			r.cur = nil
		}
		if len(r.uris) == 0 {
			return nil, io.EOF
		}
		uri := r.uris[0]
		r.uris = r.uris[1:]
		body, err := r.x.env.Fetch(ctx, uri)
		if err != nil {
			return nil, err
		}
		b, err := external.Read(uri, body, r.spec)
		if err != nil {
			return nil, err
		}
		size := batchBytes(b)
		if err := r.x.mem.grow("externaldata", size); err != nil {
			return nil, err
		}
		r.cur = &sliceReader{b: b, release: func() { r.x.mem.release(size) }}
	}
}

func (r *externalReader) Close() error {
	if r.cur != nil {
		return r.cur.Close()
	}
	return nil
}
