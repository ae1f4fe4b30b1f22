-- +goose Up
-- +goose StatementBegin
ALTER TABLE connection_usage ADD COLUMN byte_count BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd
-- +goose StatementBegin
ALTER TABLE connection_usage ADD COLUMN event_at BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd
-- +goose StatementBegin
ALTER TABLE connection_usage ADD COLUMN quiet_ms BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TABLE connection_sources (
    workspace       TEXT   NOT NULL,
    source          TEXT   NOT NULL,
    message_count   BIGINT NOT NULL,
    byte_count      BIGINT NOT NULL,
    row_count       BIGINT NOT NULL,
    dead_count      BIGINT NOT NULL,
    duplicate_count BIGINT NOT NULL,
    gap_count       BIGINT NOT NULL,
    sent_at         BIGINT NOT NULL,
    event_at        BIGINT NOT NULL,
    PRIMARY KEY (workspace, source)
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE connection_sources;
