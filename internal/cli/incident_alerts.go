package cli

import (
	"context"
	"fmt"
	"net/url"
)

// pageOf is how much of a list is asked for at a time.
const pageOf = 1000

// alertView is what the commands print of an alert.
type alertView struct{ Title, Severity, Status, ProductName string }

// entityView is what they print of an entity, commentView of a comment.
type entityView struct {
	Kind, Label string
	Incidents   int
}

type commentView struct {
	Author, Message, CreatedTimeUtc, Origin, Reason string
	From                                            int64
	Pending                                         bool
}

// eachOf calls f for the items of a list below an incident, up to most, reading it by the page: no more than a page is held.
func eachOf[T any](ctx context.Context, t *target, number, list string, most int, f func(T) error) error {
	cursor, seen := "", 0
	for seen < most {
		q := url.Values{"limit": {fmt.Sprint(min(pageOf, most-seen))}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page struct {
			Items []T
			Next  string
		}
		if err := t.get(ctx, "/incidents/"+number+"/"+list+"?"+q.Encode(), &page); err != nil {
			return err
		}
		for _, x := range page.Items {
			if err := f(x); err != nil {
				return err
			}
		}
		if seen += len(page.Items); page.Next == "" || len(page.Items) == 0 {
			return nil
		}
		cursor = page.Next
	}
	return nil
}
