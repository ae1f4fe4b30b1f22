-- +goose Up
-- +goose StatementBegin
CREATE TABLE identity_records (
    workspace TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    object_id TEXT    NOT NULL,
    sid       TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    deleted   BIGINT  NOT NULL,
    dirty     BOOLEAN NOT NULL,
    PRIMARY KEY (workspace, source, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX identity_records_object ON identity_records (workspace, object_id) WHERE object_id <> '';
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX identity_records_sid ON identity_records (workspace, sid) WHERE sid <> '';
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX identity_records_dirty ON identity_records (workspace) WHERE dirty;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE identities (
    workspace TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    revision  BIGINT NOT NULL,
    emitted   BIGINT NOT NULL,
    deleted   BIGINT NOT NULL,
    PRIMARY KEY (workspace, id)
);
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX identities_emitted ON identities (workspace, emitted);
-- +goose StatementEnd

-- +goose Down
DROP TABLE identities;
DROP TABLE identity_records;
