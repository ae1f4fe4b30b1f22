package model

import "time"

// Watchlist is a list that a workspace keeps for its queries. Its alias is unique whatever the case.
type Watchlist struct {
	Workspace string `json:"-"`
	Alias     string `json:"alias"`
	// ID is a GUID; rows of the table Watchlist tell of the list by it.
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Provider    string `json:"provider,omitempty"`
	Source      string `json:"source,omitempty"` // the file's name
	// SearchKey is the column by which queries join the list. Columns are in the order of the file.
	SearchKey string    `json:"searchKey"`
	Columns   []string  `json:"columns"`
	Labels    []string  `json:"labels,omitempty"`
	Duration  string    `json:"defaultDuration,omitempty"` // ISO 8601; told, not acted on
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"createdBy"`
	Updated   time.Time `json:"updated"`
	UpdatedBy string    `json:"updatedBy"`
	// Items is how many there are; Revision counts the changes of the list and of its items.
	Items    int64 `json:"items"`
	Revision int64 `json:"revision"`
}

// WatchlistItem is a line of a watchlist: texts by column.
type WatchlistItem struct {
	ID        string            `json:"id"` // a GUID
	Values    map[string]string `json:"values"`
	Created   time.Time         `json:"created"`
	CreatedBy string            `json:"createdBy"`
	Updated   time.Time         `json:"updated"`
	UpdatedBy string            `json:"updatedBy"`
}
