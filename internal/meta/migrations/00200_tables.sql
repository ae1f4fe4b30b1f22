-- +goose Up
-- +goose StatementBegin
CREATE TABLE table_settings (
    workspace   TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    plan        TEXT   NOT NULL,
    interactive BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    held_total  BIGINT NOT NULL,
    held_until  BIGINT NOT NULL,
    plan_since  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    changed_by  TEXT   NOT NULL,
    PRIMARY KEY (workspace, table_name)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE retention_clock (
    id      BIGINT NOT NULL PRIMARY KEY,
    trusted BIGINT NOT NULL,
    wall    BIGINT NOT NULL,
    settled BIGINT NOT NULL
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE retention_clock;
DROP TABLE table_settings;
