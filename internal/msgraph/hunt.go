package msgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HuntingRows is the most rows one hunting query returns.
const HuntingRows = 100_000

// Hunt runs a hunting query and returns its rows. Values are of the JSON kind that fits the type which the answer gives their column: truth
// values are true and false though the service writes 1 and 0, numbers are numbers, times have seven digits, objects are objects, text is
// text. What does not fit is left as it came; null may be {}.
func (c *Client) Hunt(ctx context.Context, query, timespan string, p Priority) ([]map[string]json.RawMessage, error) {
	body := map[string]any{"Query": query}
	if timespan != "" {
		body["Timespan"] = timespan
	}
	rq := call{method: http.MethodPost, path: "/security/runHuntingQuery", body: body, priority: p, needs: NeedHunting, what: "a hunting query"}
	a, err := c.do(ctx, rq)
	if err != nil {
		return nil, err
	}
	var out struct {
		Schema  []huntingColumn              `json:"schema"`
		Results []map[string]json.RawMessage `json:"results"`
	}
	if err := a.decode(rq, &out); err != nil {
		return nil, err
	}
	if a.partial {
		return nil, errPartial(fmt.Sprintf("the answer to %q", query))
	}
	for _, col := range out.Schema {
		fit := fits[strings.ToLower(col.Type)]
		if fit == nil {
			continue
		}
		for _, row := range out.Results {
			if v, ok := row[col.Name]; ok && len(v) > 0 && string(v) != "null" && string(v) != "{}" {
				row[col.Name] = fit(v)
			}
		}
	}
	return out.Results, nil
}

type huntingColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// fits are the types of answers, in lower case, and how a value other than null becomes one of the type.
var fits = map[string]func(json.RawMessage) json.RawMessage{
	"sbyte": fitBool, "bool": fitBool, "boolean": fitBool,
	"int16": fitNumber, "int32": fitNumber, "int64": fitNumber, "int": fitNumber, "long": fitNumber,
	"double": fitReal, "single": fitReal, "real": fitReal, "sqldecimal": fitReal, "decimal": fitReal,
	"datetime": fitTime,
	"string":   fitText, "guid": fitText, "timespan": fitText,
	"object": fitObject, "dynamic": fitObject,
}

// unquoted is the content of a JSON string, and false for anything else.
func unquoted(v json.RawMessage) (string, bool) {
	if v[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(v, &s) == nil
}

func fitBool(v json.RawMessage) json.RawMessage {
	text, ok := unquoted(v)
	if !ok {
		text = string(v)
	}
	switch {
	case text == "1", strings.EqualFold(text, "true"):
		return json.RawMessage("true")
	case text == "0", strings.EqualFold(text, "false"):
		return json.RawMessage("false")
	}
	return v
}

// isNumber reports whether the text is a number as JSON writes it.
func isNumber(s string) bool {
	var n json.Number
	return s != "" && s[0] != '"' && json.Unmarshal([]byte(s), &n) == nil
}

func fitNumber(v json.RawMessage) json.RawMessage {
	if text, ok := unquoted(v); ok && isNumber(text) {
		return json.RawMessage(text)
	}
	return v
}

func fitReal(v json.RawMessage) json.RawMessage {
	v = fitNumber(v)
	if isNumber(string(v)) && !bytes.ContainsAny(v, ".eE") {
		return append(bytes.Clone(v), ".0"...) // a whole one is a real all the same
	}
	return v
}

func fitTime(v json.RawMessage) json.RawMessage {
	text, ok := unquoted(v)
	if !ok {
		return v
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return v
	}
	return strconv.AppendQuote(nil, t.UTC().Format("2006-01-02T15:04:05.0000000Z"))
}

func fitText(v json.RawMessage) json.RawMessage {
	if v[0] == '"' {
		return v
	}
	b, err := json.Marshal(string(v))
	if err != nil {
		return v
	}
	return b
}

// fitObject takes an object or a list out of the text that it is in.
func fitObject(v json.RawMessage) json.RawMessage {
	text, ok := unquoted(v)
	if text = strings.TrimSpace(text); ok && text != "" && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return v
}
