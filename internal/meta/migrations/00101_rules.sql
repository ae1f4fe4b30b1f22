-- +goose Up
-- +goose StatementBegin
CREATE TABLE incident_rules (
    workspace   TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    enabled     BOOLEAN NOT NULL,
    product     TEXT    NOT NULL,
    severities  TEXT    NOT NULL,
    names       TEXT    NOT NULL,
    excludes    TEXT    NOT NULL,
    template    TEXT    NOT NULL,
    modified    BIGINT  NOT NULL,
    modified_by TEXT    NOT NULL,
    revision    BIGINT  NOT NULL,
    made        BIGINT  NOT NULL,
    PRIMARY KEY (workspace, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
ALTER TABLE incident_alerts ADD COLUMN rule_incident BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_alerts_rule ON incident_alerts (workspace, rule_incident) WHERE rule_incident > 0;
-- +goose StatementEnd

-- +goose Down
DROP INDEX incident_alerts_rule;
ALTER TABLE incident_alerts DROP COLUMN rule_incident;
DROP TABLE incident_rules;
