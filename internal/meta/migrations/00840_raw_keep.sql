-- +goose Up
CREATE TABLE raw_keep (
    workspace   TEXT   NOT NULL PRIMARY KEY,
    days        BIGINT NOT NULL,
    max_bytes   BIGINT NOT NULL,
    changed_by  TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE raw_keep;
