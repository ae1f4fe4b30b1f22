package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/vedette-siem/vedette/internal/fault"
)

// s3Bucket is a bucket of a service that speaks S3.
type s3Bucket struct {
	c            *s3.Client
	name, prefix string
}

func openS3(ctx context.Context, name, prefix string) (*s3Bucket, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bucket_credentials", "The settings of S3 cannot be read: %w.", err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1" // what services without regions take
	}
	c := s3.NewFromConfig(cfg, func(o *s3.Options) {
		// A service of one's own has no name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil || cfg.BaseEndpoint != nil
		// Older services know none of the newer checksums.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &s3Bucket{c: c, name: name, prefix: prefix}, nil
}

// String implements backup.Bucket.
func (b *s3Bucket) String() string {
	return "s3://" + strings.TrimSuffix(prefixed(b.name, b.prefix), "/")
}

// Put implements backup.Bucket. One request holds 5 GB at most, more than any file of ours.
func (b *s3Bucket) Put(ctx context.Context, key string, body io.ReadSeeker, size int64) error {
	_, err := b.c.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: aws.String(prefixed(b.prefix, key)), Body: body, ContentLength: &size})
	return b.explain("writing "+key, err)
}

// Get implements backup.Bucket.
func (b *s3Bucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.c.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: aws.String(prefixed(b.prefix, key))})
	if err != nil {
		if _, ok := errors.AsType[*types.NoSuchKey](err); ok {
			err = fmt.Errorf("%w: %w", fs.ErrNotExist, err)
		}
		return nil, b.explain("reading "+key, err)
	}
	return out.Body, nil
}

// List implements backup.Bucket.
func (b *s3Bucket) List(ctx context.Context, prefix string) (map[string]int64, error) {
	out := map[string]int64{}
	pages := s3.NewListObjectsV2Paginator(b.c, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: aws.String(prefixed(b.prefix, prefix))})
	for pages.HasMorePages() {
		p, err := pages.NextPage(ctx)
		if err != nil {
			return nil, b.explain("listing", err)
		}
		for _, o := range p.Contents {
			out[bare(b.prefix, aws.ToString(o.Key))] = aws.ToInt64(o.Size)
		}
	}
	return out, nil
}

// Delete implements backup.Bucket.
func (b *s3Bucket) Delete(ctx context.Context, key string) error {
	_, err := b.c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String(prefixed(b.prefix, key))})
	return b.explain("removing "+key, err)
}

func (b *s3Bucket) explain(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(fault.Unavailable, "bucket_failed", "Bucket %s: %s failed: %w. Look at AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL_S3 and AWS_CA_BUNDLE of the server's environment, and at what the key may do.", b, doing, err)
}
