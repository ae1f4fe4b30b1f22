-- +goose Up
-- +goose StatementBegin
CREATE TABLE preferences (
    workspace  TEXT   NOT NULL,
    person     TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, person, key)
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE preferences;
