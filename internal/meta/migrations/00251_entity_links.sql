-- +goose Up
-- +goose StatementBegin
DROP INDEX entity_links_incident;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX entity_links_incident ON entity_links (workspace, incident_id, entity);
-- +goose StatementEnd

-- +goose Down
DROP INDEX entity_links_incident;
CREATE INDEX entity_links_incident ON entity_links (workspace, incident_id);
