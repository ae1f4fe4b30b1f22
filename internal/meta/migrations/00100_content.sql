-- +goose Up
-- +goose StatementBegin
CREATE TABLE content_packages (
    workspace    TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    version      TEXT   NOT NULL,
    installed_by TEXT   NOT NULL,
    installed_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, id)
);
-- +goose StatementEnd
-- A connection that is older than the content hub keeps its place in the gallery.
-- +goose StatementBegin
INSERT INTO content_packages (workspace, id, version, installed_by, installed_at)
SELECT workspace, connector, '1.0.0', connected_by, connected_at FROM connections WHERE connected_at > 0;
-- +goose StatementEnd

-- +goose Down
DROP TABLE content_packages;
