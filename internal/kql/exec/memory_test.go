package exec_test

import (
	"context"
	"errors"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/exec"
)

// TestCoverIsAsked before operators hold more than ever before, and ends the query when it refuses.
func TestCoverIsAsked(t *testing.T) {
	full := errors.New("others hold it all")
	for _, room := range []int64{1 << 40, 1 << 16} {
		var most int64
		limits := exec.Limits{Rows: 1 << 40, Bytes: 1 << 40, Memory: 1 << 40, Cover: func(n int64) error {
			if n <= most {
				t.Errorf("%d is asked for, %d was granted", n, most)
			}
			if n > room {
				return full
			}
			most = n
			return nil
		}}
		_, err := exec.Collect(context.Background(), compile(t, "range x from 1 to 100000 step 1 | sort by x desc"), exec.Env{Limits: limits})
		if (room > 1<<20) != (err == nil) || err != nil && !errors.Is(err, full) {
			t.Errorf("with room for %d: %v", room, err)
		}
		if most == 0 {
			t.Error("nothing was asked for")
		}
	}
}
