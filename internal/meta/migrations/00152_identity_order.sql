-- +goose Up
-- +goose StatementBegin
DROP INDEX identity_records_dirty;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX identity_records_dirty ON identity_records (workspace, source, id) WHERE dirty;
-- +goose StatementEnd

-- +goose Down
DROP INDEX identity_records_dirty;
CREATE INDEX identity_records_dirty ON identity_records (workspace) WHERE dirty;
