-- +goose Up
-- +goose StatementBegin
CREATE TABLE auth_users (
    name          TEXT   NOT NULL PRIMARY KEY,
    password_hash TEXT   NOT NULL,
    role          TEXT   NOT NULL,
    created       BIGINT NOT NULL
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE auth_principals (
    client_id   TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL UNIQUE,
    secret_hash TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    created     BIGINT NOT NULL
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE auth_sessions (
    digest    TEXT   NOT NULL PRIMARY KEY,
    user_name TEXT   NOT NULL REFERENCES auth_users (name) ON DELETE CASCADE,
    created   BIGINT NOT NULL,
    seen      BIGINT NOT NULL
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE auth_links (
    digest    TEXT   NOT NULL PRIMARY KEY,
    user_name TEXT   NOT NULL REFERENCES auth_users (name) ON DELETE CASCADE,
    expires   BIGINT NOT NULL
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE workspaces (
    name            TEXT NOT NULL PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    subscription_id TEXT NOT NULL
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE workspaces;
DROP TABLE auth_links;
DROP TABLE auth_sessions;
DROP TABLE auth_principals;
DROP TABLE auth_users;
