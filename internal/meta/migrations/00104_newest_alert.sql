-- +goose Up
-- +goose StatementBegin
CREATE INDEX incident_alerts_newest ON incident_alerts (workspace, product, updated);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_alerts_updated ON incident_alerts (workspace, updated);
-- +goose StatementEnd

-- +goose Down
DROP INDEX incident_alerts_updated;
DROP INDEX incident_alerts_newest;
