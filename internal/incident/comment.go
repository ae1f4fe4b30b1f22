package incident

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Comment adds a comment to an incident; it goes to the tenant, for a merged incident to the one it was merged into.
func (s *Service) Comment(ctx context.Context, ws string, number int64, message string, by Actor) (model.Comment, error) {
	message, err := checkComment(message)
	if err != nil {
		return model.Comment{}, err
	}
	var out model.Comment
	_, err = s.edit(ctx, ws, number, "", by, func(r *record) (done []model.Activity, err error) {
		out, done, err = s.addComment(r, ulid.Make().String(), message, by)
		return done, err
	})
	return out, err
}

// checkComment returns a comment's text as it is kept.
func checkComment(message string) (string, error) {
	message = strings.TrimSpace(message)
	if n := utf8.RuneCountInString(message); n == 0 || n > maxComment || !utf8.ValidString(message) {
		return "", fault.New(fault.Invalid, "invalid_comment", "The comment has %d characters; it needs 1 to %d.", n, maxComment)
	}
	if plain, id := syncback.Unmark(message); id != "" {
		message = plain
	}
	return message, nil
}

func (s *Service) addComment(r *record, id, message string, by Actor) (model.Comment, []model.Activity, error) {
	own := 0
	for _, c := range r.st.Comments {
		if c.Origin == "vedette" {
			own++
		}
	}
	if own >= maxComments {
		return model.Comment{}, nil, fault.New(fault.Invalid, "too_many_comments", "Incident %d has %d comments written here, which is the most it can have.", r.row.Number, own)
	}
	c := r.st.AddComment(id, message, by.Name, s.now())
	return commentOf(c), []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "comment", After: message, Origin: "vedette"}}, nil
}

// onlyHere refuses what only an incident that was made here can have done to it.
func onlyHere(r *record, what string) error {
	if r.row.ProviderID == "" {
		return nil
	}
	return fault.New(fault.Conflict, "comment_of_tenant", "Comments of incident %d are the tenant's as well, which has no way to %s one. Add another comment.", r.row.Number, what)
}

// PutComment adds a comment under an id that the caller chose, a ULID, and reports whether it is new: repeated, it adds
// nothing. Another text changes the comment of an incident that was made here; the tenant's stay as they were written.
func (s *Service) PutComment(ctx context.Context, ws string, number int64, id, message string, by Actor) (model.Comment, bool, error) {
	message, err := checkComment(message)
	if err != nil {
		return model.Comment{}, false, err
	}
	var out model.Comment
	made := false
	_, err = s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		for i, c := range r.st.Comments {
			if c.ID != id {
				continue
			}
			if out = commentOf(c); c.Message == message {
				return nil, nil
			}
			if err := onlyHere(r, "change"); err != nil {
				return nil, err
			}
			out.Message, r.st.Comments[i].Message = message, message
			return []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "comment", Before: c.Message, After: message, Origin: "vedette", Note: "changed"}}, nil
		}
		made = true
		var done []model.Activity
		out, done, err = s.addComment(r, id, message, by)
		return done, err
	})
	return out, made, err
}

// RemoveComment deletes a comment of an incident that was made here, and reports whether there was one.
func (s *Service) RemoveComment(ctx context.Context, ws string, number int64, id string, by Actor) (bool, error) {
	had := false
	_, err := s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		for i, c := range r.st.Comments {
			if c.ID != id {
				continue
			}
			if err := onlyHere(r, "delete"); err != nil {
				return nil, err
			}
			had = true
			r.st.Comments = append(r.st.Comments[:i:i], r.st.Comments[i+1:]...)
			return []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "comment", Before: c.Message, Origin: "vedette", Note: "removed"}}, nil
		}
		return nil, nil
	})
	return had, err
}
