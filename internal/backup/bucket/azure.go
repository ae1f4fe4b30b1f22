package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/vedette-siem/vedette/internal/fault"
)

// azureBucket is a container of a storage account.
type azureBucket struct {
	c                     *container.Client
	account, name, prefix string
}

func openAzure(account, name, prefix string, getenv func(string) string) (*azureBucket, error) {
	b := &azureBucket{account: account, name: name, prefix: prefix}
	var err error
	if secret := getenv("AZURE_STORAGE_CONNECTION_STRING"); secret != "" {
		b.c, err = container.NewClientFromConnectionString(secret, name, nil)
	} else {
		var id *azidentity.DefaultAzureCredential
		if id, err = azidentity.NewDefaultAzureCredential(nil); err == nil {
			b.c, err = container.NewClient("https://"+account+".blob.core.windows.net/"+name, id, nil)
		}
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "bucket_credentials", "Nobody can sign in to storage account %s: neither AZURE_STORAGE_CONNECTION_STRING nor the identity of this machine is of use.", account)
	}
	return b, nil
}

// String implements backup.Bucket.
func (b *azureBucket) String() string {
	return "azure://" + b.account + "/" + strings.TrimSuffix(prefixed(b.name, b.prefix), "/")
}

// Put implements backup.Bucket. One request holds 5,000 MB at most, more than any file of ours.
func (b *azureBucket) Put(ctx context.Context, key string, body io.ReadSeeker, _ int64) error {
	_, err := b.c.NewBlockBlobClient(prefixed(b.prefix, key)).Upload(ctx, streaming.NopCloser(body), nil)
	return b.explain("writing "+key, err)
}

// Get implements backup.Bucket.
func (b *azureBucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.c.NewBlobClient(prefixed(b.prefix, key)).DownloadStream(ctx, nil)
	if err != nil {
		if bloberror.HasCode(err, bloberror.BlobNotFound) {
			err = fmt.Errorf("%w: %w", fs.ErrNotExist, err)
		}
		return nil, b.explain("reading "+key, err)
	}
	return out.Body, nil
}

// List implements backup.Bucket.
func (b *azureBucket) List(ctx context.Context, prefix string) (map[string]int64, error) {
	out := map[string]int64{}
	pages := b.c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr(prefixed(b.prefix, prefix))})
	for pages.More() {
		p, err := pages.NextPage(ctx)
		if err != nil {
			return nil, b.explain("listing", err)
		}
		for _, o := range p.Segment.BlobItems {
			if o.Name != nil && o.Properties != nil && o.Properties.ContentLength != nil {
				out[bare(b.prefix, *o.Name)] = *o.Properties.ContentLength
			}
		}
	}
	return out, nil
}

// Delete implements backup.Bucket.
func (b *azureBucket) Delete(ctx context.Context, key string) error {
	_, err := b.c.NewBlobClient(prefixed(b.prefix, key)).Delete(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil
	}
	return b.explain("removing "+key, err)
}

// explain leaves addresses out: they may hold a signature.
func (b *azureBucket) explain(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		why := fmt.Errorf("%d %s", e.StatusCode, e.ErrorCode)
		if errors.Is(err, fs.ErrNotExist) {
			why = fmt.Errorf("%w (%w)", fs.ErrNotExist, why)
		}
		err = why
	} else {
		for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
			err = inner // the innermost names no address
		}
	}
	return fault.New(fault.Unavailable, "bucket_failed", "Container %s: %s failed: %w. Look at AZURE_STORAGE_CONNECTION_STRING of the server's environment, or give its identity the role Storage Blob Data Contributor.", b, doing, err)
}
