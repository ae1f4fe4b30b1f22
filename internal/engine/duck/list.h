void vedette_duck_list(void *info, void *chunk, void *out);
