-- +goose Up
-- +goose StatementBegin
DROP INDEX entity_links_entity;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE INDEX entity_links_entity ON entity_links (workspace, entity, incident_id);
-- +goose StatementEnd

-- +goose Down
DROP INDEX entity_links_entity;
CREATE INDEX entity_links_entity ON entity_links (workspace, entity);
