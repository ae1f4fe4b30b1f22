-- +goose Up
-- +goose StatementBegin
CREATE TABLE connections (
    workspace           TEXT    NOT NULL,
    connector           TEXT    NOT NULL,
    incidents           BOOLEAN NOT NULL,
    tables              TEXT    NOT NULL,
    keep_incident_rules BOOLEAN NOT NULL,
    connected_by        TEXT    NOT NULL,
    connected_at        BIGINT  NOT NULL,
    PRIMARY KEY (workspace, connector)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE connection_ticks (
    workspace  TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    part       BIGINT NOT NULL,
    table_name TEXT   NOT NULL,
    n          BIGINT NOT NULL,
    from_pos   BIGINT NOT NULL,
    until_pos  BIGINT NOT NULL,
    off_pos    BIGINT NOT NULL,
    PRIMARY KEY (workspace, source, part, table_name, n)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE connection_usage (
    workspace     TEXT   NOT NULL,
    table_name    TEXT   NOT NULL,
    hour          BIGINT NOT NULL,
    row_count     BIGINT NOT NULL,
    skipped_count BIGINT NOT NULL,
    dead_count    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    PRIMARY KEY (workspace, table_name, hour)
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE connection_usage;
DROP TABLE connection_ticks;
DROP TABLE connections;
