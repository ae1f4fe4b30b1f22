-- +goose Up
CREATE TABLE transforms (
    workspace   TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    query       TEXT   NOT NULL,
    changed_by  TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (workspace, table_name)
);
ALTER TABLE connection_usage ADD COLUMN dropped_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connection_usage ADD COLUMN repeated_count BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE connection_usage DROP COLUMN repeated_count;
ALTER TABLE connection_usage DROP COLUMN dropped_count;
DROP TABLE transforms;
