-- +goose Up
-- +goose StatementBegin
ALTER TABLE incident_alerts ADD COLUMN seen TEXT NOT NULL DEFAULT '';
-- +goose StatementEnd
-- +goose StatementBegin
ALTER TABLE incident_alerts ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd

-- +goose Down
ALTER TABLE incident_alerts DROP COLUMN seen;
ALTER TABLE incident_alerts DROP COLUMN seen_at;
