package blob

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/faults"
)

// Account is the name of the storage account.
const Account = "contosologs"

// version is the version of the service's interface that is answered when none is asked for.
const version = "2025-01-05"

// Config says what is served and to whom.
type Config struct {
	Store  *Store
	Key    []byte                   // of the account
	Token  func(bearer string) bool // whether a bearer token is good for storage
	Reader func() bool              // whether the application was given the role that reads data
	Faults *faults.Set
	Logger *slog.Logger
	Now    func() time.Time
}

// Server answers the blob service's requests. Addresses have the account first, as the emulator has them: /account/container/blob.
type Server struct{ cfg Config }

// Handler serves the account.
func Handler(cfg Config) http.Handler { return &Server{cfg} }

// xmlHead begins every answer that is XML, with the mark the service puts there.
const xmlHead = "\ufeff" + xml.Header

func (s *Server) fail(w http.ResponseWriter, r *http.Request, p *problem) {
	w.Header().Set("x-ms-error-code", p.code)
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize resource_id=https://storage.azure.com`)
	}
	if r.Method == http.MethodHead || p.status == http.StatusNotModified {
		w.WriteHeader(p.status)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, xmlHead+"<Error><Code>"+p.code+"</Code><Message>"+p.message+"\nRequestId:"+w.Header().Get("x-ms-request-id")+"</Message></Error>") // the client is gone if this fails
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.cfg.Now()
	w.Header().Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
	w.Header().Set("x-ms-request-id", dice.New(now.UnixNano(), r.URL.Path).GUID())
	w.Header().Set("x-ms-version", cmp.Or(r.Header.Get("x-ms-version"), version))
	if id := r.Header.Get("x-ms-client-request-id"); id != "" && len(id) <= 1024 {
		w.Header().Set("x-ms-client-request-id", id)
	}
	account, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	container, name, _ := strings.Cut(rest, "/")
	if account != Account {
		s.fail(w, r, &problem{404, "ResourceNotFound", "The specified account does not exist."})
		return
	}
	g, p := s.authorize(r, account, container, name)
	if p != nil {
		s.fail(w, r, p)
		return
	}
	if p := s.disturbed(r); p != nil {
		if p.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "2")
		}
		s.fail(w, r, p)
		return
	}
	s.route(w, r, g, container, name)
}

// disturbed is the refusal an ordered fault asks for.
func (s *Server) disturbed(r *http.Request) *problem {
	kind, _ := s.cfg.Faults.Take(s.cfg.Now(), "blob", r.URL.Path, "503", "500", "403", "drop")
	switch kind {
	case "503":
		return &problem{503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request."}
	case "500":
		return &problem{500, "InternalError", "Server encountered an internal error. Please try again after some time."}
	case "403":
		return denied()
	case "drop":
		panic(http.ErrAbortHandler)
	}
	return nil
}

func denied() *problem {
	return &problem{403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."}
}

func (s *Server) route(w http.ResponseWriter, r *http.Request, g grant, container, name string) {
	q, read := r.URL.Query(), r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case r.Method == http.MethodGet && container == "" && q.Get("comp") == "list":
		s.may(w, r, g.list, func() *problem { return s.listContainers(w, r) })
	case r.Method == http.MethodGet && q.Get("restype") == "container" && q.Get("comp") == "list":
		s.may(w, r, g.list, func() *problem { return s.listBlobs(w, r, container) })
	case read && q.Get("restype") == "container":
		s.may(w, r, g.list, func() *problem { return s.containerProperties(w, container) })
	case read && name != "" && q.Get("comp") == "":
		s.may(w, r, g.read, func() *problem { return s.getBlob(w, r, container, name) })
	case r.Method == http.MethodPut && name != "" && q.Get("comp") == "lease":
		s.may(w, r, g.read, func() *problem { return s.leaseBlob(w, r, container, name) })
	case read:
		s.fail(w, r, &problem{400, "InvalidQueryParameterValue", "This account is simulated and does not answer this request."})
	default:
		s.fail(w, r, denied()) // only the service writes here
	}
}

func (s *Server) may(w http.ResponseWriter, r *http.Request, allowed bool, f func() *problem) {
	p := denied()
	if allowed {
		p = f()
	}
	if p != nil {
		s.fail(w, r, p)
	}
}

func notFound() *problem {
	return &problem{404, "ContainerNotFound", "The specified container does not exist."}
}

func (s *Server) containerProperties(w http.ResponseWriter, container string) *problem {
	list, ok := s.cfg.Store.List(container, "", s.cfg.Now())
	if !ok {
		return notFound()
	}
	s.containerHead(w.Header(), list)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) containerHead(h http.Header, list []Info) {
	made := time.Time{}
	for _, b := range list {
		if made.IsZero() || b.Created.Before(made) {
			made = b.Created
		}
	}
	h.Set("Last-Modified", made.UTC().Format(http.TimeFormat))
	h.Set("ETag", fmt.Sprintf(`"0x%X"`, made.UnixNano()))
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-has-immutability-policy", "false")
	h.Set("x-ms-has-legal-hold", "false")
}

// getBlob answers the blob, a range of it, or its properties.
func (s *Server) getBlob(w http.ResponseWriter, r *http.Request, container, name string) *problem {
	b, ok := s.cfg.Store.Stat(container, name, s.cfg.Now())
	if !ok {
		return &problem{404, "BlobNotFound", "The specified blob does not exist."}
	}
	if p := condition(r, b); p != nil {
		return p
	}
	h := w.Header()
	for k, v := range map[string]string{"Content-Type": "application/octet-stream", "ETag": b.Etag, "Last-Modified": b.Modified.UTC().Format(http.TimeFormat), "x-ms-creation-time": b.Created.UTC().Format(http.TimeFormat), "Accept-Ranges": "bytes",
		"x-ms-blob-type": "AppendBlob", "x-ms-blob-committed-block-count": strconv.Itoa(b.Blocks), "x-ms-server-encrypted": "true", "x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"} {
		h.Set(k, v)
	}
	if b.Leased {
		h.Set("x-ms-lease-status", "locked")
		h.Set("x-ms-lease-state", "leased")
	}
	from, to, part, p := byteRange(cmp.Or(r.Header.Get("x-ms-range"), r.Header.Get("Range")), b.Size)
	if p != nil {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", b.Size))
		return p
	}
	h.Set("Content-Length", strconv.FormatInt(to-from, 10))
	status := http.StatusOK
	if part && r.Method == http.MethodGet {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, b.Size))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	err := s.cfg.Store.Read(container, name, from, to, func(piece []byte) error {
		_, err := w.Write(piece)
		return err
	})
	if err != nil {
		if r.Context().Err() == nil {
			s.cfg.Logger.WarnContext(r.Context(), "sending a blob", "blob", container+"/"+name, "err", err)
		}
		panic(http.ErrAbortHandler) // a short answer must not look complete
	}
	return nil
}

// condition checks what the request wants to be true of the blob.
func condition(r *http.Request, b Info) *problem {
	failed := &problem{412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."}
	same := &problem{304, "ConditionNotMet", ""}
	if v := r.Header.Get("If-Match"); v != "" && v != "*" && v != b.Etag {
		return failed
	}
	if v := r.Header.Get("If-None-Match"); v == "*" || v != "" && v == b.Etag {
		return same
	}
	when := b.Modified.Truncate(time.Second)
	if t, err := http.ParseTime(r.Header.Get("If-Unmodified-Since")); err == nil && when.After(t) {
		return failed
	}
	if t, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !when.After(t) {
		return same
	}
	return nil
}

// byteRange reads bytes=a-b or bytes=a-; [from, to) lies within the blob.
func byteRange(text string, size int64) (from, to int64, part bool, p *problem) {
	bytes, ok := strings.CutPrefix(text, "bytes=")
	if !ok {
		return 0, size, false, nil
	}
	bad := &problem{416, "InvalidRange", "The range specified is invalid for the current size of the resource."}
	first, last, _ := strings.Cut(bytes, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from < 0 || from >= size {
		return 0, 0, false, bad
	}
	to = size
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < from {
			return 0, 0, false, bad
		}
		to = min(n+1, size)
	}
	return from, to, true, nil
}

func (s *Server) leaseBlob(w http.ResponseWriter, r *http.Request, container, name string) *problem {
	now := s.cfg.Now()
	seconds := 0
	if t := r.Header.Get("x-ms-lease-duration"); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil {
			return &problem{400, "InvalidHeaderValue", "The value for the lease duration is not valid."}
		}
		seconds = n
	}
	action := r.Header.Get("x-ms-lease-action")
	proposed := cmp.Or(r.Header.Get("x-ms-proposed-lease-id"), dice.New(now.UnixNano(), name, "lease").GUID())
	id, p := s.cfg.Store.lease(container, name, action, r.Header.Get("x-ms-lease-id"), proposed, seconds, now)
	if p != nil {
		return p
	}
	status := map[string]int{"acquire": 201, "break": 202}[strings.ToLower(action)]
	if status == 0 {
		status = 200
	}
	if id != "" {
		w.Header().Set("x-ms-lease-id", id)
	}
	if status == 202 {
		w.Header().Set("x-ms-lease-time", "0")
	}
	b, _ := s.cfg.Store.Stat(container, name, now)
	w.Header().Set("ETag", b.Etag)
	w.Header().Set("Last-Modified", b.Modified.UTC().Format(http.TimeFormat))
	w.WriteHeader(status)
	return nil
}

// page reads marker and size of a page; a marker is the name the page begins with.
func page(r *http.Request) (marker string, most int, p *problem) {
	most = 5000
	q := r.URL.Query()
	if t := q.Get("maxresults"); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 1 {
			return "", 0, &problem{400, "OutOfRangeQueryParameterValue", "One of the query parameters specified in the request URI is outside the permissible range."}
		}
		most = min(n, 5000)
	}
	if t := q.Get("marker"); t != "" {
		b, err := base64.RawURLEncoding.DecodeString(t)
		if err != nil {
			return "", 0, &problem{400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid."}
		}
		marker = string(b)
	}
	return marker, most, nil
}

func markerOf(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }
