package api

import (
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"
)

// TestOpenAPICoversRoutes keeps the description and the route table the same: every route is described, and nothing else is.
func TestOpenAPICoversRoutes(t *testing.T) {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths map[string]map[string]struct {
			Security  *[]any
			Responses map[string]any
		}
	}
	if err := yaml.Unmarshal(raw, &spec); err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, ops := range spec.Paths {
		for method := range ops {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	s := New(Config{Registry: prometheus.NewRegistry()})
	for _, r := range s.routes {
		if !strings.Contains(r.pattern, " ") {
			continue // the catch-all
		}
		if !described[r.pattern] {
			t.Errorf("openapi.yaml does not describe %s", r.pattern)
			continue
		}
		delete(described, r.pattern)
		method, path, _ := strings.Cut(r.pattern, " ")
		op := spec.Paths[path][strings.ToLower(method)]
		if open := op.Security != nil && len(*op.Security) == 0; open != (r.action == "") {
			t.Errorf("%s: public in one place and private in the other", r.pattern)
		}
		if len(op.Responses) == 0 {
			t.Errorf("%s describes no answer", r.pattern)
		}
	}
	for d := range described {
		t.Errorf("openapi.yaml describes %s, which is no route", d)
	}
}
