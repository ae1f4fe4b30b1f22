-- +goose Up
CREATE TABLE snapshots (
    workspace   TEXT    NOT NULL,
    table_name  TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    is_on       BOOLEAN NOT NULL,
    every_ms    BIGINT  NOT NULL,
    state       TEXT    NOT NULL,
    problem     TEXT    NOT NULL,
    run_at      BIGINT  NOT NULL,
    parts       BIGINT  NOT NULL,
    parts_done  BIGINT  NOT NULL,
    cursor_at   BIGINT  NOT NULL,
    row_count   BIGINT  NOT NULL,
    next_at     BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    PRIMARY KEY (workspace, table_name)
);

-- +goose Down
DROP TABLE snapshots;
