-- +goose Up
-- +goose StatementBegin
CREATE TABLE arm_names (
    workspace TEXT NOT NULL,
    kind      TEXT NOT NULL,
    id        TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (workspace, kind, id)
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE arm_names;
