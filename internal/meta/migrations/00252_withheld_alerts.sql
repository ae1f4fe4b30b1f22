-- +goose Up
-- +goose StatementBegin
ALTER TABLE incident_alerts ADD COLUMN withheld BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_alerts_withheld ON incident_alerts (workspace, product) WHERE withheld = 1;
-- +goose StatementEnd

-- +goose Down
DROP INDEX incident_alerts_withheld;
ALTER TABLE incident_alerts DROP COLUMN withheld;
