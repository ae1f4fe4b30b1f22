package hunt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/valyala/fastjson"
)

// NaturalKey returns what makes an event of the table one event, whichever way and however often it was delivered:
// the values named by the delivery contract joined by "|", or a hash of the properties where the table has no such columns.
func NaturalKey(table string, properties *fastjson.Value) (string, error) {
	cols := keyColumns(table)
	if cols == nil {
		return hashKey(properties.MarshalTo(nil))
	}
	parts := make([]string, len(cols))
	for i, c := range cols {
		switch v := properties.Get(c); {
		case v == nil || v.Type() == fastjson.TypeNull:
		case v.Type() == fastjson.TypeString:
			parts[i] = string(v.GetStringBytes())
		default:
			parts[i] = string(v.MarshalTo(nil))
		}
	}
	return strings.Join(parts, "|"), nil
}

func keyColumns(table string) []string {
	switch {
	case strings.HasPrefix(table, "Device"):
		return []string{"DeviceId", "ReportId", "Timestamp"}
	case strings.HasPrefix(table, "Email"):
		return []string{"NetworkMessageId", "RecipientEmailAddress", "Timestamp", "ReportId"}
	case table == "UrlClickEvents":
		return []string{"Url", "Timestamp", "ReportId"}
	case strings.HasPrefix(table, "Identity"), table == "CloudAppEvents":
		return []string{"ReportId", "Timestamp"}
	case table == "AlertInfo":
		return []string{"AlertId", "Timestamp"}
	}
	return nil
}

// hashKey is the SHA-256 of the minified properties with sorted keys; number texts are kept.
func hashKey(properties []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(properties))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	sum := sha256.Sum256(bytes.TrimRight(b.Bytes(), "\n"))
	return hex.EncodeToString(sum[:]), nil
}
