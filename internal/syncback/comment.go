package syncback

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

var marker = regexp.MustCompile(`\s*\[vdt:([0-9A-HJKMNP-TV-Z]{26})\]\s*$`)

// Mark returns the text that is sent for a comment: the message with the marker that finds it again.
func Mark(message, id string) string { return message + " [vdt:" + id + "]" }

// Unmark splits a text into message and marker id; id is "" without a marker.
func Unmark(text string) (message, id string) {
	m := marker.FindStringSubmatchIndex(text)
	if m == nil {
		return text, ""
	}
	return text[:m[0]], text[m[2]:m[3]]
}

// key identifies a tenant's comment: its marker, else its content.
func key(c model.TenantComment) string {
	if _, id := Unmark(c.Message); id != "" {
		return "m:" + id
	}
	h := sha256.Sum256([]byte(strings.Join([]string{c.Author, c.Created.UTC().Format(time.RFC3339Nano), c.Message}, "\x00")))
	return "h:" + hex.EncodeToString(h[:16])
}

// mergeComments adds the tenant's comments to the set and marks our own as arrived. It returns the new ones.
func (s *State) mergeComments(remote []model.TenantComment) (added []Comment, arrived int) {
	at := make(map[string]int, len(s.Comments))
	for i, c := range s.Comments {
		at[c.Key] = i
	}
	for _, r := range remote {
		k := key(r)
		if i, ok := at[k]; ok {
			if c := &s.Comments[i]; c.Pending || c.Reason != "" {
				c.Pending, c.Reason, c.Tried = false, "", time.Time{}
				arrived++
			}
			continue
		}
		message, id := Unmark(r.Message)
		if id == "" {
			id = k[2:]
		}
		c := Comment{Key: k, ID: id, Message: message, Author: r.Author, Created: r.Created, Origin: "defender"}
		at[k] = len(s.Comments)
		s.Comments = append(s.Comments, c)
		added = append(added, c)
	}
	return added, arrived
}

// tried notes an attempt to post a comment; the zero time forgets it.
func (s *State) tried(id string, at time.Time) {
	for i := range s.Comments {
		if s.Comments[i].ID == id {
			s.Comments[i].Tried = at
		}
	}
}
