-- +goose Up
ALTER TABLE manifest_parts ADD COLUMN footer BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE manifest_parts DROP COLUMN footer;
