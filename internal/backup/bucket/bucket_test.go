package bucket

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/fault"
)

// s3Server runs an S3 service with a bucket in this process and sets the environment for it.
func s3Server(t *testing.T) {
	t.Helper()
	mem := s3mem.New()
	if err := mem.CreateBucket("soc"); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(mem).Server())
	t.Cleanup(srv.Close)
	for k, v := range map[string]string{"AWS_ENDPOINT_URL_S3": srv.URL, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(k, v)
	}
}

// azureServer answers the few calls of Blob storage that are used, with pages of two names, and returns the environment for it.
func azureServer(t *testing.T) func(string) string {
	t.Helper()
	var mu sync.Mutex
	blobs := map[string][]byte{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		key, ok := strings.CutPrefix(r.URL.Path, "/acct/backups/")
		body, there := blobs[key]
		switch {
		case r.Header.Get("Authorization") == "":
			w.WriteHeader(http.StatusForbidden)
		case !ok && r.URL.Query().Get("comp") == "list":
			listBlobs(t, w, r, blobs)
		case r.Method == http.MethodPut && r.Header.Get("x-ms-blob-type") == "BlockBlob":
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			blobs[key] = raw
			w.WriteHeader(http.StatusCreated)
		case !there:
			w.Header().Set("x-ms-error-code", "BlobNotFound")
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodDelete:
			delete(blobs, key)
			w.WriteHeader(http.StatusAccepted)
		default:
			if _, err := w.Write(body); err != nil {
				t.Error(err)
			}
		}
	}))
	t.Cleanup(srv.Close)
	return func(name string) string {
		if name == "AZURE_STORAGE_CONNECTION_STRING" {
			return "DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=c2VjcmV0;BlobEndpoint=" + srv.URL + "/acct;"
		}
		return ""
	}
}

func listBlobs(t *testing.T, w http.ResponseWriter, r *http.Request, blobs map[string][]byte) {
	type blob struct {
		Name       string
		Properties struct {
			Length int `xml:"Content-Length"`
		}
	}
	var out struct {
		XMLName xml.Name `xml:"EnumerationResults"`
		Blobs   struct{ Blob []blob }
		Next    string `xml:"NextMarker"`
	}
	q := r.URL.Query()
	for _, key := range slices.Sorted(maps.Keys(blobs)) {
		if !strings.HasPrefix(key, q.Get("prefix")) || key < q.Get("marker") {
			continue
		}
		if len(out.Blobs.Blob) == 2 {
			out.Next = key
			break
		}
		b := blob{Name: key}
		b.Properties.Length = len(blobs[key])
		out.Blobs.Blob = append(out.Blobs.Blob, b)
	}
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		t.Error(err)
	}
}

// TestContract is what every bucket must do.
func TestContract(t *testing.T) {
	s3Server(t)
	azure := azureServer(t)
	for _, address := range []string{"s3://soc", "s3://soc/a/b", "azure://acct/backups", "azure://acct/backups/a"} {
		t.Run(address, func(t *testing.T) {
			b, err := Open(t.Context(), address, azure)
			if err != nil || b.String() != address {
				t.Fatalf("%v %v", b, err)
			}
			contract(t, b)
		})
	}
}

func contract(t *testing.T, b backup.Bucket) {
	if _, err := b.Get(t.Context(), "x/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an object that is not there: %v", err)
	}
	want := map[string]int64{}
	for n := range 5 {
		key, text := fmt.Sprintf("x/%d &=ü.parquet", n), strings.Repeat("z", n*70_000)
		want[key] = int64(len(text))
		for range 2 { // it replaces
			if err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text))); err != nil {
				t.Fatal(err)
			}
		}
		r, err := b.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", key, len(got), err)
		}
	}
	if err := b.Put(t.Context(), "y", bytes.NewReader(nil), 0); err != nil {
		t.Error(err)
	}
	if got, err := b.List(t.Context(), "x/"); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v %v", err, cmp.Diff(want, got))
	}
	for _, key := range []string{"y", "y"} { // what has gone is gone
		if err := b.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	if got, err := b.List(t.Context(), ""); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v %v", err, cmp.Diff(want, got))
	}
	for key := range want {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, a := range []string{"s3://", "azure://acct", "azure://acct/", "s3://key:secret@bucket", "s3://bucket?x=1", "ftp://x/y", "/folder"} {
		if _, err := Open(t.Context(), a, func(string) string { return "" }); fault.CodeOf(err) != "bucket_address" {
			t.Errorf("%s: %v", a, err)
		}
	}
	if Remote("/srv/s3") || !Remote("s3://x") || !Remote("azure://x/y") {
		t.Error("folders and buckets are mixed up")
	}
}

// TestRefused says what to do, and no secret.
func TestRefused(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-error-code", "AuthenticationFailed")
		w.WriteHeader(http.StatusForbidden)
	}))
	defer srv.Close()
	b, err := Open(t.Context(), "azure://acct/backups", func(string) string {
		return "BlobEndpoint=" + srv.URL + "/acct;SharedAccessSignature=sv=2024&sig=topsecret"
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.List(t.Context(), "")
	if fault.CodeOf(err) != "bucket_failed" || strings.Contains(err.Error(), "topsecret") || !strings.Contains(err.Error(), "403 AuthenticationFailed") {
		t.Errorf("%v", err)
	}
}
