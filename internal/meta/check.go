package meta

import (
	"context"
	"errors"
	"fmt"
)

// Check reads the whole state database and returns what is wrong with it, in SQLite's words; nothing when all is well.
func (db *DB) Check(ctx context.Context) (problems []string, err error) {
	rows, err := db.read.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return nil, fmt.Errorf("checking the state database: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, fmt.Errorf("checking the state database: %w", err)
		}
		if line != "ok" {
			problems = append(problems, line)
		}
	}
	return problems, rows.Err()
}
