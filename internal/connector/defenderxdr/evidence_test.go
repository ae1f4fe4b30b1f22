package defenderxdr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// evidenceTypes are the documented types of evidence with their members, and the enums they use.
type evidenceTypes struct {
	Types map[string]struct {
		Base  string
		Props [][2]string
	}
	Enums map[string][]string
}

func loadEvidenceTypes(t *testing.T) *evidenceTypes {
	t.Helper()
	raw, err := os.ReadFile("testdata/evidence-types.json")
	if err != nil {
		t.Fatal(err)
	}
	e := &evidenceTypes{}
	if err := json.Unmarshal(raw, e); err != nil {
		t.Fatal(err)
	}
	return e
}

// kinds are the names of the types of evidence.
func (e *evidenceTypes) kinds() (out []string) {
	for name, v := range e.Types {
		if v.Base == "alertEvidence" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// generator makes evidence of random members, each with a value of its own.
type generator struct {
	t      *rapid.T
	types  *evidenceTypes
	serial int
}

func (g *generator) word(kind string) string {
	g.serial++
	return fmt.Sprintf("%s-%d", kind, g.serial)
}

func (g *generator) object(name string, depth int) map[string]any {
	out := map[string]any{}
	for v, ok := g.types.Types[name]; ok; v, ok = g.types.Types[v.Base] {
		for _, p := range v.Props {
			if rapid.IntRange(0, 3).Draw(g.t, p[0]) == 0 {
				continue
			}
			if x := g.value(p[0], p[1], depth); x != nil {
				out[p[0]] = x
			}
		}
	}
	if strings.HasSuffix(name, "Evidence") {
		out["@odata.type"] = "#microsoft.graph.security." + name
		if rapid.IntRange(0, 4).Draw(g.t, "member of tomorrow") == 0 {
			out["memberOfTomorrow"] = g.word("tomorrow")
		}
	}
	return out
}

func (g *generator) value(name, kind string, depth int) any {
	if inner, ok := strings.CutPrefix(kind, "Collection("); ok {
		var list []any
		for range rapid.IntRange(0, 2).Draw(g.t, "members of "+name) {
			if x := g.value(name, strings.TrimSuffix(inner, ")"), depth); x != nil {
				list = append(list, x)
			}
		}
		return list
	}
	switch kind {
	case "Edm.String", "Edm.Guid":
		return g.word(name)
	case "Edm.DateTimeOffset":
		g.serial++
		return fmt.Sprintf("2026-03-01T12:00:00.%07dZ", g.serial)
	case "Edm.Boolean":
		return rapid.Bool().Draw(g.t, name)
	case "dictionary":
		return map[string]any{"@odata.type": "#microsoft.graph.security.dictionary", "app": g.word("label")}
	}
	if strings.HasPrefix(kind, "Edm.") {
		g.serial++
		return 900_000_000_000_000_000 + g.serial // as wide as identifiers get
	}
	if words, ok := g.types.Enums[kind]; ok {
		return rapid.SampledFrom(append(slices.Clone(words), "wordOfTomorrow")).Draw(g.t, name)
	}
	if depth == 0 {
		return nil
	}
	if kind == "alertEvidence" {
		kind = rapid.SampledFrom(g.types.kinds()).Draw(g.t, "kind of "+name)
	}
	return g.object(kind, depth-1)
}

// TestEvidenceOfEveryKindBecomesEntities makes alerts with evidence of all documented kinds and one of tomorrow: each is
// an entity, nothing that any of it says is lost, and every reference leads to an entity before it.
func TestEvidenceOfEveryKindBecomesEntities(t *testing.T) {
	types := loadEvidenceTypes(t)
	kinds := types.kinds()
	if len(kinds) != 48 {
		t.Fatalf("%d kinds of evidence, want 48", len(kinds))
	}
	seen := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		g := &generator{t: rt, types: types}
		var evidence []map[string]any
		for range rapid.IntRange(1, 5).Draw(rt, "evidence") {
			kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
			seen[kind] = true
			evidence = append(evidence, g.object(kind, 2))
		}
		evidence = append(evidence, map[string]any{"@odata.type": "#microsoft.graph.security.quantumLinkEvidence", "linkId": g.word("link")})
		raw, err := json.Marshal(map[string]any{"id": "da1", "lastUpdateDateTime": "2026-03-01T12:00:00Z", "evidence": evidence})
		if err != nil {
			rt.Fatal(err)
		}
		a, err := Alert(raw)
		if err != nil {
			rt.Fatal(err)
		}
		if len(a.Entities) != len(evidence) {
			rt.Fatalf("%d entities of %d pieces of evidence", len(a.Entities), len(evidence))
		}
		want, got, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}
		leaves(decodeNumbers(rt, raw).(map[string]any)["evidence"], want)
		for _, e := range a.Entities {
			leaves(decodeNumbers(rt, e), got)
			references(rt, e, ids)
		}
		for v := range want {
			if !got[v] {
				rt.Fatalf("%q of the evidence is in no entity:\n%s\n%s", v, raw, a.Entities)
			}
		}
		again, err := Alert(raw)
		if err != nil || !bytes.Equal(bytes.Join(rawBytes(a.Entities), nil), bytes.Join(rawBytes(again.Entities), nil)) {
			rt.Fatalf("the same evidence gave other entities the second time")
		}
	})
	if len(seen) < 40 {
		t.Errorf("only %d kinds of evidence were tried", len(seen))
	}
}

func rawBytes(list []json.RawMessage) (out [][]byte) {
	for _, r := range list {
		out = append(out, r)
	}
	return out
}

// references checks that every $ref leads to an $id that stands before it in the text, and that no $id is given twice.
func references(t *rapid.T, raw []byte, ids map[string]bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	last := ""
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		word, ok := tok.(string)
		switch {
		case ok && last == "$id" && ids[word]:
			t.Fatalf("the id %s is given twice", word)
		case ok && last == "$id":
			ids[word] = true
		case ok && last == "$ref" && !ids[word]:
			t.Fatalf("the reference %s leads to nothing before it: %s", word, raw)
		}
		last = word
	}
}
