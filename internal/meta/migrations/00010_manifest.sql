-- +goose Up
-- +goose StatementBegin
CREATE TABLE manifest_parts (
    id             BIGINT NOT NULL PRIMARY KEY,
    workspace      TEXT   NOT NULL,
    table_name     TEXT   NOT NULL,
    path           TEXT   NOT NULL UNIQUE,
    row_count      BIGINT NOT NULL,
    byte_count     BIGINT NOT NULL,
    checksum       BIGINT NOT NULL,
    min_time       BIGINT NOT NULL,
    max_time       BIGINT NOT NULL,
    max_ingested   BIGINT NOT NULL,
    first_seq      BIGINT NOT NULL,
    last_seq       BIGINT NOT NULL,
    day            TEXT   NOT NULL,
    format_version BIGINT NOT NULL,
    hours          TEXT   NOT NULL
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE manifest_sealed (
    workspace  TEXT   NOT NULL,
    table_name TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (workspace, table_name)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE manifest_positions (
    workspace TEXT   NOT NULL,
    source    TEXT   NOT NULL,
    part      BIGINT NOT NULL,
    next      BIGINT NOT NULL,
    PRIMARY KEY (workspace, source, part)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE manifest_fields (
    workspace  TEXT    NOT NULL,
    table_name TEXT    NOT NULL,
    id         BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    kql_type   TEXT    NOT NULL,
    hidden     BOOLEAN NOT NULL,
    PRIMARY KEY (workspace, table_name, id),
    UNIQUE (workspace, table_name, name)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE manifest_counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
-- +goose StatementEnd
-- +goose StatementBegin
INSERT INTO manifest_counters (name, value) VALUES ('epoch', 0), ('trim', 0);
-- +goose StatementEnd

-- +goose Down
DROP TABLE manifest_counters;
DROP TABLE manifest_fields;
DROP TABLE manifest_positions;
DROP TABLE manifest_sealed;
DROP TABLE manifest_parts;
