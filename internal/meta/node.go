package meta

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// NodeID returns the name of this data folder among others, made once: eight hexadecimal digits.
func (db *DB) NodeID(ctx context.Context) (string, error) {
	var raw [4]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("naming this data folder: %w", err)
	}
	if _, err := db.write.NewRaw("INSERT INTO node (one, id) VALUES (1, ?) ON CONFLICT DO NOTHING", hex.EncodeToString(raw[:])).Exec(ctx); err != nil {
		return "", fmt.Errorf("naming this data folder: %w", err)
	}
	var id string
	if err := db.read.NewRaw("SELECT id FROM node").Scan(ctx, &id); err != nil {
		return "", fmt.Errorf("reading the name of this data folder: %w", err)
	}
	return id, nil
}
