package blob

import "testing"

func TestParseName(t *testing.T) {
	tests := []struct {
		name, label string
		partition   int32
		ok          bool
	}{
		{"tenantId=6b1e/y=1970/m=01/d=02/h=03/m=00/PT1H.json", "6b1e", 27 * 60, true},
		{"a/b/y=1970/m=01/d=01/h=00/m=05/PT1H.json", "a/b", 5, true},
		{"tenantId=6b1e/y=1970/m=13/d=02/h=03/m=00/PT1H.json", "", 0, false},
		{"tenantId=6b1e/y=9999/m=01/d=02/h=03/m=00/PT1H.json", "", 0, false},
		{"a~1/y=1970/m=01/d=02/h=03/m=00/PT1H.json", "", 0, false},
		{"y=1970/m=01/d=02/h=03/m=00/PT1H.json", "", 0, false},
		{"tenantId=6b1e/y=1970/m=01/d=02/h=03/m=00/PT1H.json.bak", "", 0, false},
	}
	for _, tt := range tests {
		p, ok := parseName(tt.name)
		if ok != tt.ok || ok && (p.label() != tt.label || p.partition() != tt.partition) {
			t.Errorf("%s is %+v, %v", tt.name, p, ok)
		}
	}
}
