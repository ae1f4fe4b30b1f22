void vedette_duck_path(void *info, void *chunk, void *out);
