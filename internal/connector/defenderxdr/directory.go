package defenderxdr

import (
	"context"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// Directory finds people of the tenant for somebody who waits.
type Directory struct{ graph Graph }

// NewDirectory returns the directory behind a Graph client.
func NewDirectory(g Graph) Directory { return Directory{g} }

// FindUser returns the user with the principal name or object id; a fault NotFound when there is none.
func (d Directory) FindUser(ctx context.Context, login string) (model.Owner, error) {
	u, err := d.graph.FindUser(ctx, login, msgraph.UserWrite)
	if err != nil {
		return model.Owner{}, err
	}
	return ownerOf(u), nil
}

// SearchUsers returns users whose name starts with the text.
func (d Directory) SearchUsers(ctx context.Context, text string) ([]model.Owner, error) {
	users, err := d.graph.SearchUsers(ctx, text, msgraph.UserWrite)
	if err != nil {
		return nil, err
	}
	var out []model.Owner
	for _, u := range users {
		out = append(out, ownerOf(u))
	}
	return out, nil
}
