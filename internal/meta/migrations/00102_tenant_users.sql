-- +goose Up
-- +goose StatementBegin
ALTER TABLE auth_users ADD COLUMN tenant_id TEXT NOT NULL DEFAULT '';
-- +goose StatementEnd
-- +goose StatementBegin
ALTER TABLE auth_users ADD COLUMN object_id TEXT NOT NULL DEFAULT '';
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE setup_marks (
    workspace TEXT   NOT NULL,
    step      TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (workspace, step)
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE setup_marks;
ALTER TABLE auth_users DROP COLUMN object_id;
ALTER TABLE auth_users DROP COLUMN tenant_id;
