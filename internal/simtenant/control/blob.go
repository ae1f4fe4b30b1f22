package control

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
)

// blob takes {"blob":"CONTAINER/NAME","do":"replace"}: another blob stands under the name, with the same lines and a new creation time;
// "shrink" leaves the first half of its lines, "empty" none.
func (c *control) blob(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Blob string `json:"blob"`
		Do   string `json:"do"`
	}
	if !read(w, r, &b) {
		return
	}
	share, known := map[string]float64{"replace": 1, "shrink": 0.5, "empty": 0}[b.Do]
	if !known {
		refuse(w, http.StatusBadRequest, "a blob cannot be told to %q; use replace, shrink or empty", b.Do)
		return
	}
	container, name, _ := strings.Cut(b.Blob, "/")
	switch err := c.cfg.Storage.Rewrite(container, name, share, b.Do == "replace", c.cfg.Now()); {
	case errors.Is(err, fs.ErrNotExist):
		refuse(w, http.StatusBadRequest, "there is no blob %q", b.Blob)
	case err != nil:
		refuse(w, http.StatusInternalServerError, "%v", err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
