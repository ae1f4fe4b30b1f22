-- +goose Up
ALTER TABLE connections ADD COLUMN paused TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE connections DROP COLUMN paused;
