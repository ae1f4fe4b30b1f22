-- +goose Up
-- +goose StatementBegin
CREATE TABLE watchlists (
    workspace TEXT NOT NULL,
    alias     TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (workspace, alias)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE watchlist_items (
    workspace TEXT   NOT NULL,
    alias     TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    id        TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    PRIMARY KEY (workspace, alias, seq)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE UNIQUE INDEX watchlist_items_id ON watchlist_items (workspace, alias, id);
-- +goose StatementEnd

-- +goose Down
DROP TABLE watchlist_items;
DROP TABLE watchlists;
