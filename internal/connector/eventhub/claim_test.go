package eventhub

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClaims(t *testing.T) {
	c := claims{Generation: 2}.with("a", 0, 10).with("b", 10, 30).with("a", 30, 35)
	got, ok := parseClaims(c.text())
	want := claims{Version: 1, Generation: 2, Last: map[string][2]int64{"a": {30, 35}, "b": {10, 30}}}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		node        string
		next        int64
		from, until int64
		owed        bool
	}{
		{"a", -1, 30, 35, true}, {"a", 10, 30, 35, true}, {"a", 32, 32, 35, true}, {"a", 35, 0, 0, false}, {"a", 50, 0, 0, false}, {"b", 10, 10, 30, true}, {"c", -1, 0, 0, false},
	} {
		from, until, owed := got.debt(tt.node, tt.next)
		if from != tt.from || until != tt.until || owed != tt.owed {
			t.Errorf("%s at %d owes %d to %d, %v", tt.node, tt.next, from, until, owed)
		}
	}
	for _, bad := range []string{"", "x", "{}", `{"v":2,"g":0}`, `{"v":1,"g":-1}`, `{"v":1,"g":0,"c":{"a":[5,4]}}`, `{"v":1,"g":0,"c":{"a":[-1,4]}}`, "kgo-member-1"} {
		if c, ok := parseClaims(bad); ok {
			t.Errorf("%q is taken for %+v", bad, c)
		}
	}
}

// What the broker keeps of a commit is bounded.
func TestClaimsAreBounded(t *testing.T) {
	c := claims{}
	for i := range int64(500) {
		c = c.with(fmt.Sprintf("%08x", i), i<<40, i<<40+1)
	}
	if n := len(c.text()); n > 4096 {
		t.Errorf("%d bytes", n)
	}
	if _, ok := c.Last[fmt.Sprintf("%08x", 499)]; !ok {
		t.Error("the newest claim is forgotten")
	}
	if _, ok := c.Last[fmt.Sprintf("%08x", 0)]; ok {
		t.Error("the oldest claim is kept")
	}
}
