-- +goose Up
ALTER TABLE connection_usage ADD COLUMN gap_count BIGINT NOT NULL DEFAULT 0;
CREATE TABLE connection_source_tables (
    workspace   TEXT NOT NULL,
    source      TEXT NOT NULL,
    table_name  TEXT NOT NULL,
    PRIMARY KEY (workspace, source, table_name)
);

-- +goose Down
DROP TABLE connection_source_tables;
ALTER TABLE connection_usage DROP COLUMN gap_count;
