// Package bucket opens places for objects: buckets of services that speak S3, and containers of Azure Blob storage.
//
// Who signs in is not said in addresses, which are logged: S3 goes by the environment and files that all its tools use (AWS_ACCESS_KEY_ID,
// AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_CA_BUNDLE), Azure by AZURE_STORAGE_CONNECTION_STRING or the identity of the machine.
package bucket

import (
	"context"
	"net/url"
	"strings"

	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/fault"
)

// Remote reports whether a destination is a bucket, not a folder.
func Remote(to string) bool {
	return strings.HasPrefix(to, "s3://") || strings.HasPrefix(to, "azure://")
}

// Open returns the bucket of an address: s3://bucket/prefix, or azure://account/container/prefix. getenv is the process's. Nothing is
// asked of the service yet.
func Open(ctx context.Context, address string, getenv func(string) string) (backup.Bucket, error) {
	bad := func() (backup.Bucket, error) {
		return nil, fault.New(fault.Invalid, "bucket_address", "%q is no address of a bucket; write s3://bucket/prefix or azure://account/container/prefix.", address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return bad()
	}
	rest := strings.Trim(u.Path, "/")
	switch u.Scheme {
	case "s3":
		return openS3(ctx, u.Host, rest)
	case "azure":
		container, prefix, _ := strings.Cut(rest, "/")
		if container == "" {
			return bad()
		}
		return openAzure(u.Host, container, strings.Trim(prefix, "/"), getenv)
	}
	return bad()
}

// prefixed puts a place's prefix before a key.
func prefixed(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "/" + key
}

// bare takes the prefix away again.
func bare(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return strings.TrimPrefix(key, prefix+"/")
}
