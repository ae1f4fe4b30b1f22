package model

import "time"

// RawKeep is for how long the messages of a workspace are kept as they came, by somebody's choice.
type RawKeep struct {
	Days      int       `json:"days"`     // 0: none are kept
	MaxBytes  int64     `json:"maxBytes"` // of them all; 0 means the default
	ChangedBy string    `json:"changedBy,omitempty"`
	ChangedAt time.Time `json:"changedAt,omitzero"`
}
