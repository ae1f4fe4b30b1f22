-- +goose Up
CREATE TABLE backfills (
    workspace   TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    from_at     BIGINT NOT NULL,
    to_at       BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    problem     TEXT   NOT NULL,
    hours       BIGINT NOT NULL,
    hours_done  BIGINT NOT NULL,
    row_count   BIGINT NOT NULL,
    actor       TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (workspace, table_name)
);

-- +goose Down
DROP TABLE backfills;
