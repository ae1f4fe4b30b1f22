-- +goose Up
-- +goose StatementBegin
CREATE TABLE entity_behavior (
    workspace    TEXT    NOT NULL PRIMARY KEY,
    enabled      BOOLEAN NOT NULL,
    directories  TEXT    NOT NULL,
    data_sources TEXT    NOT NULL,
    changed_by   TEXT    NOT NULL,
    changed_at   BIGINT  NOT NULL,
    version      BIGINT  NOT NULL
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE entity_behavior;
