package simtenant

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

func (s *sim) storageOptions() *azblob.ClientOptions {
	return &azblob.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s.http, Retry: policy.RetryOptions{MaxRetries: -1}}}
}

// storage is the account by its connection string, as the official library speaks to it.
func (s *sim) storage() *azblob.Client {
	s.t.Helper()
	text, err := os.ReadFile(s.StorageFile)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := azblob.NewClientFromConnectionString(string(text), s.storageOptions())
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// blobs lists every blob of every container, by pages of the size.
func (s *sim) blobs(c *azblob.Client, size int32) map[string]*container.BlobItem {
	s.t.Helper()
	out := map[string]*container.BlobItem{}
	for cs := c.NewListContainersPager(&azblob.ListContainersOptions{MaxResults: &size}); cs.More(); {
		page, err := cs.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, k := range page.ContainerItems {
			for bs := c.NewListBlobsFlatPager(*k.Name, &azblob.ListBlobsFlatOptions{MaxResults: &size}); bs.More(); {
				page, err := bs.NextPage(s.t.Context())
				if err != nil {
					s.t.Fatal(err)
				}
				for _, b := range page.Segment.BlobItems {
					name := *k.Name + "/" + *b.Name
					if out[name] != nil {
						s.t.Errorf("%s is listed twice", name)
					}
					out[name] = b
				}
			}
		}
	}
	return out
}

func (s *sim) download(c *azblob.Client, at string, o *azblob.DownloadStreamOptions) ([]byte, azblob.DownloadStreamResponse, error) {
	container, name, _ := strings.Cut(at, "/")
	res, err := c.DownloadStream(s.t.Context(), container, name, o)
	if err != nil {
		return nil, res, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return b, res, err
}

// exported waits until the storage account holds as many distinct lines of the table as the hub has events, and returns its blobs.
func (s *sim) exported(c *azblob.Client, table string, want int) (map[string][]byte, map[string]*container.BlobItem) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		list, bodies, lines := s.blobs(c, 7), map[string][]byte{}, map[string]bool{}
		for at := range list {
			if !strings.HasPrefix(at, "insights-logs-advancedhunting-"+strings.ToLower(table)+"/") {
				continue
			}
			b, _, err := s.download(c, at, nil)
			if err != nil {
				s.t.Fatal(err)
			}
			bodies[at] = b
			for l := range strings.SplitSeq(string(b), "\r\n") {
				if _, props, ok := strings.Cut(l, `"properties":`); ok {
					lines[props] = true
				}
			}
		}
		if len(lines) == want {
			return bodies, list
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d lines of %s in the storage account, %d events in the hub", len(lines), table, want)
		}
	}
}

var reBlob = regexp.MustCompile(`^insights-logs-advancedhunting-[a-z]+/tenantId=[0-9a-f-]{36}/y=(\d{4})/m=(\d\d)/d=(\d\d)/h=(\d\d)/m=00/PT1H\.json$`)

func TestTheStorageAccountHoldsWhatTheHubHolds(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.json(204, "POST", s.Control+"/modes", `{"storageDoubles":0.5}`)
	s.truth(2000)
	s.settle()
	c := s.storage()
	events := s.json(200, "GET", s.Control+"/truth", "")["events"].(object)
	bodies, list := s.exported(c, "DeviceProcessEvents", int(events["DeviceProcessEvents"].(float64)))
	total := 0
	for at, b := range bodies {
		m := reBlob.FindStringSubmatch(at)
		if m == nil {
			t.Fatalf("the blob %s has a strange name", at)
		}
		if *list[at].Properties.ContentLength != int64(len(b)) || *list[at].Properties.BlobType != container.BlobTypeAppendBlob {
			t.Errorf("%s: %d bytes are listed as %d of a %v", at, len(b), *list[at].Properties.ContentLength, *list[at].Properties.BlobType)
		}
		for l := range strings.SplitSeq(strings.TrimSuffix(string(b), "\r\n"), "\r\n") {
			var e event
			var p struct{ Timestamp time.Time }
			if json.Unmarshal([]byte(l), &e) != nil || json.Unmarshal(e.Properties, &p) != nil || e.Category != "AdvancedHunting-DeviceProcessEvents" {
				t.Fatalf("%s has the line %.200s", at, l)
			}
			if p.Timestamp.Format("2006 01 02 15") != strings.Join(m[1:], " ") {
				t.Errorf("%s has an event of %v", at, p.Timestamp)
			}
			total++
		}
	}
	if want := int(events["DeviceProcessEvents"].(float64)); total <= want {
		t.Errorf("%d lines of %d events: none stands twice", total, want)
	}
}

func TestBlobsAreReadByRanges(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	s.settle()
	c := s.storage()
	events := s.json(200, "GET", s.Control+"/truth", "")["events"].(object)
	bodies, list := s.exported(c, "EmailEvents", int(events["EmailEvents"].(float64)))
	at := ""
	for k, b := range bodies {
		if len(b) > 100 {
			at = k
		}
	}
	whole := bodies[at]
	tag := list[at].Properties.ETag
	for _, r := range [][2]int64{{0, 10}, {5, int64(len(whole)) - 5}, {int64(len(whole)) - 3, 0}, {0, int64(len(whole)) + 1000}} {
		got, res, err := s.download(c, at, &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: r[0], Count: r[1]}})
		to := int64(len(whole))
		if r[1] > 0 {
			to = min(r[0]+r[1], to)
		}
		if err != nil || !bytes.Equal(got, whole[r[0]:to]) || res.ETag == nil {
			t.Errorf("range %v: %d bytes, %v", r, len(got), err)
		}
	}
	is := func(err error, code bloberror.Code) bool { return bloberror.HasCode(err, code) }
	if _, _, err := s.download(c, at, &azblob.DownloadStreamOptions{Range: azblob.HTTPRange{Offset: int64(len(whole))}}); !is(err, bloberror.InvalidRange) {
		t.Errorf("beyond the end: %v", err)
	}
	match := func(e azcore.ETag) *azblob.DownloadStreamOptions {
		return &azblob.DownloadStreamOptions{AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &e}}}
	}
	if _, _, err := s.download(c, at, match(`"0x1"`)); !is(err, bloberror.ConditionNotMet) {
		t.Errorf("another ETag: %v", err)
	}
	if _, res, err := s.download(c, at, match(azcore.ETag(`"`+strings.Trim(string(*tag), `"`)+`"`))); err != nil || strings.Trim(string(*res.ETag), `"`) != strings.Trim(string(*tag), `"`) {
		t.Errorf("the listed ETag %s: %v", *tag, err)
	}
	if _, _, err := s.download(c, "insights-logs-advancedhunting-emailevents/nope", nil); !is(err, bloberror.BlobNotFound) {
		t.Errorf("a missing blob: %v", err)
	}
	if _, _, err := s.download(c, "nope/nope", nil); !is(err, bloberror.BlobNotFound) {
		t.Errorf("a missing container: %v", err)
	}
	k, name, _ := strings.Cut(at, "/")
	props, err := c.ServiceClient().NewContainerClient(k).NewBlobClient(name).GetProperties(t.Context(), nil)
	if err != nil || *props.ContentLength != int64(len(whole)) || *props.BlobType != blob.BlobTypeAppendBlob || *props.BlobCommittedBlockCount < 1 {
		t.Errorf("properties %+v, %v", props, err)
	}
	folders := 0
	for p := c.ServiceClient().NewContainerClient(k).NewListBlobsHierarchyPager("/", nil); p.More(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		folders += len(page.Segment.BlobPrefixes)
	}
	if folders != 1 {
		t.Errorf("%d folders at the top, want that of the tenant", folders)
	}
	for _, x := range []struct {
		do    string
		check func([]byte, *container.BlobProperties) bool
	}{
		{"replace", func(b []byte, p *container.BlobProperties) bool { return bytes.Equal(b, whole) && *p.ETag != *tag }},
		{"empty", func(b []byte, _ *container.BlobProperties) bool { return len(b) == 0 }},
	} {
		s.json(204, "POST", s.Control+"/blob", `{"blob":"`+at+`","do":"`+x.do+`"}`)
		b, _, err := s.download(c, at, nil)
		if err != nil || !x.check(b, s.blobs(c, 100)[at].Properties) {
			t.Errorf("%s: %d bytes, %v", x.do, len(b), err)
		}
	}
	s.json(400, "POST", s.Control+"/blob", `{"blob":"x/y","do":"shrink"}`)
}

func TestWhoMayReadTheStorageAccount(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	c := s.storage()
	at := ""
	for deadline := time.Now().Add(20 * time.Second); at == "" && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		for k := range s.blobs(c, 500) {
			at = k
		}
	}
	k, name, _ := strings.Cut(at, "/")
	read := func(c *azblob.Client) error {
		_, _, err := s.download(c, at, nil)
		return err
	}
	list := func(c *azblob.Client) error {
		_, err := c.NewListBlobsFlatPager(k, nil).NextPage(t.Context())
		return err
	}
	status := func(err error) int {
		if e := (*azcore.ResponseError)(nil); errors.As(err, &e) {
			return e.StatusCode
		}
		if err != nil {
			t.Errorf("%v", err)
		}
		return 200
	}
	expect := func(who string, c *azblob.Client, wantRead, wantList int) {
		t.Helper()
		if r, l := status(read(c)), status(list(c)); r != wantRead || l != wantList {
			t.Errorf("%s: reading %d, listing %d; want %d and %d", who, r, l, wantRead, wantList)
		}
	}
	expect("the account's key", c, 200, 200)
	wrong, err := azblob.NewSharedKeyCredential("contosologs", "d3Jvbmc=")
	if err != nil {
		t.Fatal(err)
	}
	bad, err := azblob.NewClientWithSharedKeyCredential(s.Blob+"/", wrong, s.storageOptions())
	if err != nil {
		t.Fatal(err)
	}
	expect("another key", bad, 403, 403)
	nobody, err := azblob.NewClientWithNoCredential(s.Blob+"/", s.storageOptions())
	if err != nil {
		t.Fatal(err)
	}
	expect("nobody", nobody, 401, 401)
	signed := func(p sas.ContainerPermissions, until time.Time) *azblob.Client {
		t.Helper()
		url, err := c.ServiceClient().NewContainerClient(k).GetSASURL(p, until, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(url, "?")
		out, err := azblob.NewClientWithNoCredential(s.Blob+"/?"+query, s.storageOptions())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	expect("a signature to read and list", signed(sas.ContainerPermissions{Read: true, List: true}, time.Now().Add(time.Hour)), 200, 200)
	expect("a signature to list", signed(sas.ContainerPermissions{List: true}, time.Now().Add(time.Hour)), 403, 200)
	expect("a signature that ran out", signed(sas.ContainerPermissions{Read: true, List: true}, time.Now().Add(-time.Minute)), 403, 403)
	url, err := c.ServiceClient().GetSASURL(sas.AccountResourceTypes{Service: true, Container: true, Object: true}, sas.AccountPermissions{Read: true, List: true}, time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	account, err := azblob.NewClientWithNoCredential(url, s.storageOptions())
	if err != nil {
		t.Fatal(err)
	}
	expect("a signature for the account", account, 200, 200)
	cred, err := azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, s.ClientSecret, &azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true,
		ClientOptions: azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: s.Token}, Transport: s.http}})
	if err != nil {
		t.Fatal(err)
	}
	app, err := azblob.NewClient(s.Blob+"/", cred, s.storageOptions())
	if err != nil {
		t.Fatal(err)
	}
	expect("the application", app, 200, 200)
	s.json(204, "POST", s.Control+"/modes", `{"storageReader":"false"}`)
	expect("the application without the role", app, 403, 200)
	if _, err := c.UploadBuffer(t.Context(), k, name, []byte("x"), nil); status(err) != 403 {
		t.Errorf("writing: %v", err)
	}
	s.leases(c, k, name)
	s.order(`{"target":"blob","kind":"503"}`)
	if err := read(c); status(err) != http.StatusServiceUnavailable {
		t.Errorf("an ordered 503: %v", err)
	}
}

// leases takes a lease, sees it listed, and gives it back; reading goes on all the while.
func (s *sim) leases(c *azblob.Client, k, name string) {
	s.t.Helper()
	client := c.ServiceClient().NewContainerClient(k).NewBlobClient(name)
	l, err := lease.NewBlobClient(client, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := l.AcquireLease(s.t.Context(), 60, nil); err != nil {
		s.t.Fatal(err)
	}
	other, err := lease.NewBlobClient(client, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := other.AcquireLease(s.t.Context(), 60, nil); !bloberror.HasCode(err, bloberror.LeaseAlreadyPresent) {
		s.t.Errorf("a second lease: %v", err)
	}
	if p, err := client.GetProperties(s.t.Context(), nil); err != nil || *p.LeaseState != lease.StateTypeLeased {
		s.t.Errorf("leased: %v, %v", fmt.Sprint(p.LeaseState), err)
	}
	if _, err := l.ReleaseLease(s.t.Context(), nil); err != nil {
		s.t.Error(err)
	}
	if p, err := client.GetProperties(s.t.Context(), nil); err != nil || *p.LeaseState != lease.StateTypeAvailable {
		s.t.Errorf("released: %v", err)
	}
}

func TestTheStorageAccountOutlivesAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, after := range []time.Duration{900 * time.Millisecond, 1500 * time.Millisecond, 700 * time.Millisecond} {
		c := child(t, dir)
		time.Sleep(after)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
	}
	s := start(t, small(dir))
	s.truth(2000)
	s.settle()
	events := s.json(200, "GET", s.Control+"/truth", "")["events"].(object)
	tables := []string{"DeviceFileEvents", "EmailEvents"}
	slices.Sort(tables)
	for _, table := range tables {
		bodies, _ := s.exported(s.storage(), table, int(events[table].(float64)))
		for at, b := range bodies {
			if len(b) > 0 && !bytes.HasSuffix(b, []byte("\r\n")) {
				t.Errorf("%s ends within a line", at)
			}
		}
	}
}
