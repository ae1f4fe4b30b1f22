package blob

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/vedette-siem/vedette/internal/connector"
)

// reader reads the blobs of one container. It belongs to one goroutine.
type reader struct {
	s         *Stream
	container string
	folders   map[string]bool   // what the names of blobs begin with, before the date
	tails     map[string]string // ETags of recent blobs that end in the middle of a line, by name
	recentAt  time.Time
	odd       bool // a blob with an unknown name was listed
}

// tailsKept bounds tails; a blob that is not in it is only looked at once more.
const tailsKept = 1000

// source is what people see of the container's positions.
func (r *reader) source() string { return "blob/" + r.s.cfg.Account + "/" + r.container }

// run reads until ctx ends or the container is no longer wanted.
func (r *reader) run(ctx context.Context) {
	defer r.s.release(r.container)
	defer r.s.health.fail(r.container, nil)
	defer r.s.deps.Meter.ForgetLag(r.s.cfg.Workspace, r.source())
	allAt := time.Time{}
	for r.s.wants(r.container) {
		began := time.Now()
		var err error
		if began.Sub(allAt) >= allEvery {
			if err = r.all(ctx); err == nil {
				allAt = began
			}
		} else {
			err = r.recent(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.s.deps.Logger.WarnContext(ctx, "blobs not read", "stream", r.s.Name(), "container", r.container, "err", err)
		}
		r.s.health.fail(r.container, err)
		r.s.deps.Meter.SetLag(r.s.cfg.Workspace, connector.Lag{Source: r.source()})
		_, changed := r.s.deps.Watch()
		t := time.NewTimer(r.s.cfg.Poll)
		select {
		case <-t.C:
		case <-changed:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// all reads every blob in the order of their names, and those of today and yesterday again whenever they are due.
func (r *reader) all(ctx context.Context) error {
	r.recentAt, r.odd = time.Now(), false
	err := r.list(ctx, "", func() error {
		if time.Since(r.recentAt) < r.s.cfg.Poll {
			return nil
		}
		return r.recent(ctx)
	})
	if !r.odd {
		r.s.health.warn(r.container, "", "")
	}
	return err
}

// recent reads the blobs of today and yesterday.
func (r *reader) recent(ctx context.Context) error {
	var first error
	now := time.Now().UTC()
	for _, folder := range slices.Sorted(maps.Keys(r.folders)) {
		for _, day := range []time.Time{now.AddDate(0, 0, -1), now} {
			if err := r.list(ctx, folder+day.Format("/y=2006/m=01/d=02/"), nil); err != nil && first == nil {
				first = err
			}
		}
	}
	r.recentAt = time.Now()
	return first
}

// list reads the blobs whose names begin so, a page at a time, and calls between after each. It returns the first error;
// one of a single blob does not stop the others.
func (r *reader) list(ctx context.Context, begins string, between func() error) error {
	most := int32(pageSize)
	var first error
	note := func(err error) {
		if err != nil && first == nil {
			first = err
		}
	}
	pager := r.s.client.Load().NewListBlobsFlatPager(r.container, &azblob.ListBlobsFlatOptions{Prefix: &begins, MaxResults: &most})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if is(err, http.StatusNotFound) {
			return first // the container was deleted
		}
		if err != nil {
			note(r.s.explain("container "+r.container, err))
			return first
		}
		for _, item := range page.Segment.BlobItems {
			note(r.item(ctx, item))
			if between != nil {
				note(between())
			}
			if ctx.Err() != nil || !r.s.wants(r.container) {
				return first
			}
		}
	}
	return first
}

// item reads one listed blob.
func (r *reader) item(ctx context.Context, item *container.BlobItem) error {
	if item == nil || item.Name == nil || item.Properties == nil || item.Properties.ContentLength == nil {
		return nil
	}
	p, ok := parseName(*item.Name)
	if !ok {
		r.odd = true
		r.s.health.warn(r.container, "unknown_blobs", fmt.Sprintf("Container %s of storage account %s holds blobs that the export does not name so, such as %.200q. They are not read.", r.container, r.s.cfg.Account, *item.Name))
		return nil
	}
	r.folders[p.folder] = true
	b := &hour{r: r, name: *item.Name, source: r.source() + "/" + p.label(), partition: p.partition()}
	b.locate()
	etag := ""
	if item.Properties.ETag != nil {
		etag = string(*item.Properties.ETag)
	}
	size := *item.Properties.ContentLength
	if b.next == size || etag != "" && r.tails[b.name] == etag {
		return nil
	}
	if item.Properties.LastModified != nil {
		b.modified = *item.Properties.LastModified
		r.s.deps.Meter.SetLag(r.s.cfg.Workspace, connector.Lag{Source: r.source(), Behind: max(0, time.Since(b.modified))})
	}
	tail, err := b.read(ctx, size)
	delete(r.tails, b.name)
	if err == nil && tail {
		if len(r.tails) >= tailsKept {
			clear(r.tails)
		}
		r.tails[b.name] = etag
	}
	return err
}
