package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// grant is what a request may do.
type grant struct{ read, list bool }

// authorize finds out what the request may do: by the account's key, a shared access signature, or a token of the directory.
func (s *Server) authorize(r *http.Request, account, container, name string) (grant, *problem) {
	q := r.URL.Query()
	kind, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case kind == "SharedKey":
		who, sign, _ := strings.Cut(rest, ":")
		if who == account && equal(sign, s.sign(sharedKeyText(r, account))) {
			return grant{true, true}, nil
		}
	case kind == "Bearer":
		if !s.cfg.Token(rest) {
			return grant{}, &problem{401, "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."}
		}
		return grant{s.cfg.Reader(), true}, nil
	case q.Has("sig"):
		text, ok := sasText(q, account, container, name)
		if ok && equal(q.Get("sig"), s.sign(text)) {
			return sasGrant(q, s.cfg.Now())
		}
	default:
		return grant{}, &problem{401, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."}
	}
	return grant{}, &problem{403, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."}
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (s *Server) sign(text string) string {
	h := hmac.New(sha256.New, s.cfg.Key)
	_, _ = h.Write([]byte(text)) // a hash takes everything
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// sharedKeyText is the text a request is signed over.
func sharedKeyText(r *http.Request, account string) string {
	length := ""
	if r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	lines := []string{r.Method}
	for _, h := range []string{"Content-Encoding", "Content-Language"} {
		lines = append(lines, r.Header.Get(h))
	}
	lines = append(lines, length)
	for _, h := range []string{"Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"} {
		lines = append(lines, r.Header.Get(h))
	}
	var own []string
	for k := range r.Header {
		if k := strings.ToLower(k); strings.HasPrefix(k, "x-ms-") {
			own = append(own, k+":"+strings.Join(strings.Fields(r.Header.Get(k)), " "))
		}
	}
	slices.Sort(own)
	lines = append(lines, own...)
	resource := "/" + account + r.URL.EscapedPath()
	q := r.URL.Query()
	var names []string
	for k := range q {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		v := slices.Clone(q[k])
		slices.Sort(v)
		resource += "\n" + strings.ToLower(k) + ":" + strings.Join(v, ",")
	}
	return strings.Join(append(lines, resource), "\n")
}

// sasText is the text a signature is made over: an account's, or one of a container or blob.
func sasText(q url.Values, account, container, name string) (string, bool) {
	v := q.Get
	if q.Has("ss") {
		fields := []string{account, v("sp"), v("ss"), v("srt"), v("st"), v("se"), v("sip"), v("spr"), v("sv")}
		if v("sv") >= "2020-12-06" {
			fields = append(fields, v("ses"))
		}
		return strings.Join(fields, "\n") + "\n", strings.Contains(v("ss"), "b")
	}
	resource := "/blob/" + account + "/" + container
	switch v("sr") {
	case "c":
	case "b":
		resource += "/" + name
	default:
		return "", false
	}
	fields := []string{v("sp"), v("st"), v("se"), resource, v("si"), v("sip"), v("spr"), v("sv"), v("sr"), v("snapshot")}
	if v("sv") >= "2020-12-06" {
		fields = append(fields, v("ses"))
	}
	return strings.Join(append(fields, v("rscc"), v("rscd"), v("rsce"), v("rscl"), v("rsct")), "\n"), true
}

// sasGrant is what a signature that fits allows now.
func sasGrant(q url.Values, now time.Time) (grant, *problem) {
	end, err := sasTime(q.Get("se"))
	if err != nil || now.After(end) {
		return grant{}, &problem{403, "AuthenticationFailed", "Signature not valid in the specified time frame."}
	}
	if st := q.Get("st"); st != "" {
		if begin, err := sasTime(st); err != nil || now.Before(begin) {
			return grant{}, &problem{403, "AuthenticationFailed", "Signature not valid in the specified time frame."}
		}
	}
	return grant{read: strings.Contains(q.Get("sp"), "r"), list: strings.Contains(q.Get("sp"), "l")}, nil
}

func sasTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Parse(time.RFC3339, s)
}
