package bind

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/data"
)

// Refusals are the constructs of the language that are never run here, and why: by kind (statement, operator, scalar
// operator, function, aggregate, plugin), then by name. The reasons are clauses, for behind a colon. The caller must not
// change them.
var Refusals = sync.OnceValue(func() map[string]map[string]string {
	raw, err := data.KQL.ReadFile("kql/refused.json")
	if err != nil {
		panic(err)
	}
	out := map[string]map[string]string{}
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(fmt.Sprintf("reading the list of refusals: %v", err))
	}
	return out
})

// Refusal is why a construct is refused, as a diagnostic names it: "evaluate python", "extent_id()", "reduce". Empty when
// the construct itself is not refused.
func Refusal(construct string) string {
	all := Refusals()
	if name, ok := strings.CutPrefix(construct, "evaluate "); ok {
		return all["plugin"][name]
	}
	if name, ok := strings.CutSuffix(construct, "()"); ok {
		if why := all["function"][name]; why != "" {
			return why
		}
		return all["aggregate"][name]
	}
	for _, kind := range []string{"statement", "operator", "scalar operator"} {
		if why := all[kind][construct]; why != "" {
			return why
		}
	}
	return ""
}

func names(text string) map[string]bool {
	out := map[string]bool{}
	for _, n := range strings.Fields(text) {
		out[n] = true
	}
	return out
}
