-- +goose Up
CREATE TABLE completeness (
    workspace   TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    hour        BIGINT NOT NULL,
    tenant_rows BIGINT NOT NULL,
    stored_rows BIGINT NOT NULL,
    checked_at  BIGINT NOT NULL,
    PRIMARY KEY (workspace, table_name, hour)
);

-- +goose Down
DROP TABLE completeness;
