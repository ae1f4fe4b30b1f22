-- +goose Up
-- +goose StatementBegin
CREATE TABLE incidents (
    workspace      TEXT   NOT NULL,
    number         BIGINT NOT NULL,
    name           TEXT   NOT NULL,
    provider_id    TEXT   NOT NULL,
    title          TEXT   NOT NULL,
    status         TEXT   NOT NULL,
    severity       TEXT   NOT NULL,
    severity_rank  BIGINT NOT NULL,
    owner          TEXT   NOT NULL,
    labels         TEXT   NOT NULL,
    search         TEXT   NOT NULL,
    created        BIGINT NOT NULL,
    modified       BIGINT NOT NULL,
    closed         BIGINT NOT NULL,
    redirect_to    TEXT   NOT NULL,
    sync_state     TEXT   NOT NULL,
    alerts         BIGINT NOT NULL,
    revision       BIGINT NOT NULL,
    doc            TEXT   NOT NULL,
    sync           TEXT   NOT NULL,
    raw            TEXT   NOT NULL,
    PRIMARY KEY (workspace, number)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE UNIQUE INDEX incidents_name ON incidents (workspace, name);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE UNIQUE INDEX incidents_provider ON incidents (workspace, provider_id) WHERE provider_id <> '';
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incidents_created ON incidents (workspace, created);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_alerts (
    workspace   TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    system_id   TEXT   NOT NULL,
    incident_id TEXT   NOT NULL,
    updated     BIGINT NOT NULL,
    hash        TEXT   NOT NULL,
    revision    BIGINT NOT NULL,
    written     BIGINT NOT NULL,
    first_time  BIGINT NOT NULL,
    last_time   BIGINT NOT NULL,
    product     TEXT   NOT NULL,
    tactics     TEXT   NOT NULL,
    doc         TEXT   NOT NULL,
    raw         TEXT   NOT NULL,
    PRIMARY KEY (workspace, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_alerts_parent ON incident_alerts (workspace, incident_id);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_alerts_system ON incident_alerts (workspace, system_id);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_activities (
    workspace TEXT   NOT NULL,
    number    BIGINT NOT NULL,
    id        BIGINT NOT NULL,
    body      TEXT   NOT NULL,
    PRIMARY KEY (workspace, number, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_conflicts (
    workspace TEXT   NOT NULL,
    id        BIGINT NOT NULL,
    number    BIGINT NOT NULL,
    note      TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    PRIMARY KEY (workspace, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX incident_conflicts_number ON incident_conflicts (workspace, number);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_outbox (
    workspace TEXT    NOT NULL,
    number    BIGINT  NOT NULL,
    due       BIGINT  NOT NULL,
    since     BIGINT  NOT NULL,
    person    BOOLEAN NOT NULL,
    PRIMARY KEY (workspace, number)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_rows (
    workspace TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    body      TEXT   NOT NULL,
    PRIMARY KEY (workspace, seq)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_counters (
    workspace TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    value     BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_checkpoints (
    workspace TEXT NOT NULL,
    stream    TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (workspace, stream)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_quarantine (
    workspace TEXT   NOT NULL,
    stream    TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    since     BIGINT NOT NULL,
    PRIMARY KEY (workspace, stream, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE incident_people (
    workspace TEXT   NOT NULL,
    login     TEXT   NOT NULL,
    fetched   BIGINT NOT NULL,
    body      TEXT   NOT NULL,
    PRIMARY KEY (workspace, login)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE limiter_states (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE limiter_states;
DROP TABLE incident_people;
DROP TABLE incident_quarantine;
DROP TABLE incident_checkpoints;
DROP TABLE incident_counters;
DROP TABLE incident_rows;
DROP TABLE incident_outbox;
DROP TABLE incident_conflicts;
DROP TABLE incident_activities;
DROP TABLE incident_alerts;
DROP TABLE incidents;
