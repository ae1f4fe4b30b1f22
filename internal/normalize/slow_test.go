package normalize

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Hostile messages must cost no more than their size: a megabyte of anything is dealt with in well under a second.
func TestHostileMessagesAreLinear(t *testing.T) {
	const size = 1 << 20
	in := func(props string) string { return fmt.Sprintf(envelope, "CloudAppEvents", props) }
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	nested := func(open, shut string) string {
		one := strings.Repeat(open, 500) + "1" + strings.Repeat(shut, 500)
		return "[" + strings.TrimSuffix(strings.Repeat(one+",", size/len(one)+1), ",") + "]"
	}
	var keys strings.Builder
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, `"k%d":%d,`, i, i)
	}
	tests := []struct{ name, msg string }{
		{"values", repeat("5 ")},
		{"empty objects", repeat("{}")},
		{"empty records", `{"records":[` + repeat("{},") + `]}`},
		{"brackets", repeat("[")},
		{"braces", repeat(`{"a":`)},
		{"quotes", repeat(`"`)},
		{"backslashes", `{"a":"` + repeat(`\`)},
		{"escaped quotes", `{"a":"` + repeat(`\"`) + `"}`},
		{"nested lists", in(`{"RawEventData":` + nested("[", "]") + `}`)},
		{"nested objects", in(`{"RawEventData":` + nested(`{"a":`, "}") + `}`)},
		{"nested doubles", in(`{"RawEventData":` + nested(`{"a":1,"a":`, "}") + `}`)},
		{"many keys", in(`{"RawEventData":{` + keys.String() + `"x":1}}`)},
		{"many properties", in(`{` + keys.String() + `"x":1}`)},
		{"escapes", in(`{"RawEventData":"` + repeat(`\u00e9`) + `"}`)},
		{"a long number", in(`{"ApplicationId":` + repeat("9") + `}`)},
		{"a long key", in(`{"` + repeat("k") + `":1}`)},
		{"JSON in JSON", in(`{"AdditionalFields":"` + repeat(`[\"`) + `"}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			w := newWriter()
			Decode([]byte(tt.msg), func(r Record) { w.Add(r, "src") })
			w.Take()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
}
