package incident

import (
	"testing"

	"github.com/oklog/ulid/v2"
)

// TestAChangedCommentIsTold: putting a comment writes a row, putting it again does not, another text does, and so does taking it away.
func TestAChangedCommentIsTold(t *testing.T) {
	s := service(t)
	in, err := s.Create(t.Context(), ws, Draft{Title: "Lost badge", Severity: "Low"}, ana)
	if err != nil {
		t.Fatal(err)
	}
	f, id := &flaky{}, ulid.Make().String()
	put := func(text string) func() error {
		return func() error {
			_, _, err := s.PutComment(t.Context(), ws, in.Number, id, text, ana)
			return err
		}
	}
	remove := func() error {
		_, err := s.RemoveComment(t.Context(), ws, in.Number, id, ana)
		return err
	}
	for _, step := range []struct {
		name string
		do   func() error
		rows int
	}{{"made", func() error { return nil }, 1}, {"put", put("look"), 2}, {"put again", put("look"), 2}, {"changed", put("look here"), 3}, {"removed", remove, 4}, {"removed again", remove, 4}} {
		if err := step.do(); err != nil {
			t.Fatal(step.name, err)
		}
		if err := s.Pump(f).Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if numbers, _ := written(t, f); len(numbers) != step.rows {
			t.Errorf("%s: %d rows, want %d", step.name, len(numbers), step.rows)
		}
	}
	if left, err := s.Comments(t.Context(), ws, in.Number); err != nil || len(left) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
