package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// nextLink is the address of the page after the requested one, on the host and by the scheme that the client used: clients
// send their token to no other.
func nextLink(r *http.Request, token string) string {
	q := url.Values{}
	for k, v := range r.URL.Query() {
		if !strings.EqualFold(k, "$skipToken") {
			q[k] = v
		}
	}
	q.Set("$skipToken", token)
	next := url.URL{Path: r.URL.Path, RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")} // some clients take + for a plus
	return origin(r) + next.RequestURI()
}

// options are the parameters of a request with their names in lower case.
func options(r *http.Request) map[string]string {
	out := map[string]string{}
	for k, v := range r.URL.Query() {
		out[strings.ToLower(k)] = v[0]
	}
	return out
}

// readTop reads the size of a page.
func readTop(text string) (int, error) {
	if text == "" {
		return defaultTop, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxTop {
		return 0, fault.New(fault.Invalid, "top_invalid", "$top=%s is not a number from 1 to %d", text, maxTop)
	}
	return n, nil
}

// armPage answers a page of a short list; $skipToken is the number of items before it.
func armPage[T any](w http.ResponseWriter, r *http.Request, all []T, resource func(*T) armResource) error {
	opt := options(r)
	if opt["$filter"] != "" {
		return fault.New(fault.Invalid, "filter_invalid", "this list is not filtered")
	}
	top, err := readTop(opt["$top"])
	if err != nil {
		return err
	}
	from := 0
	if t := opt["$skiptoken"]; t != "" {
		if from, err = strconv.Atoi(t); err != nil || from < 0 {
			return fault.New(fault.Invalid, "skip_token_invalid", "the $skipToken is none of this list; begin again without it, and follow nextLink as it is")
		}
	}
	out := map[string]any{}
	value := []armResource{}
	for i := from; i < len(all) && len(value) < top; i++ {
		value = append(value, resource(&all[i]))
	}
	if out["value"] = value; from+len(value) < len(all) {
		out["nextLink"] = nextLink(r, strconv.Itoa(from+len(value)))
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}
