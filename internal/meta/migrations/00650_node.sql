-- +goose Up
CREATE TABLE node (
    one SMALLINT NOT NULL PRIMARY KEY CHECK (one = 1),
    id  TEXT     NOT NULL
);

-- +goose Down
DROP TABLE node;
