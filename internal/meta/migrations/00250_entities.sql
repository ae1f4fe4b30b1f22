-- +goose Up
-- +goose StatementBegin
CREATE TABLE entities (
    workspace  TEXT   NOT NULL,
    id         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    label      TEXT   NOT NULL,
    search     TEXT   NOT NULL,
    query      TEXT   NOT NULL,
    data       TEXT   NOT NULL,
    merged_to  BIGINT NOT NULL,
    PRIMARY KEY (workspace, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE entity_keys (
    workspace  TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    entity     BIGINT NOT NULL,
    PRIMARY KEY (workspace, key)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX entity_keys_entity ON entity_keys (workspace, entity);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE entity_links (
    workspace   TEXT   NOT NULL,
    alert       TEXT   NOT NULL,
    entity      BIGINT NOT NULL,
    incident_id TEXT   NOT NULL,
    first_time  BIGINT NOT NULL,
    last_time   BIGINT NOT NULL,
    PRIMARY KEY (workspace, alert, entity)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX entity_links_entity ON entity_links (workspace, entity);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX entity_links_incident ON entity_links (workspace, incident_id);
-- +goose StatementEnd
-- +goose StatementBegin
ALTER TABLE incident_alerts ADD COLUMN indexed BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_alerts_indexed ON incident_alerts (workspace, id) WHERE indexed = 0;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incidents_redirect ON incidents (workspace, redirect_to) WHERE redirect_to <> '';
-- +goose StatementEnd

-- +goose Down
DROP INDEX incidents_redirect;
DROP INDEX incident_alerts_indexed;
ALTER TABLE incident_alerts DROP COLUMN indexed;
DROP TABLE entity_links;
DROP TABLE entity_keys;
DROP TABLE entities;
