// What k_find is told; find.go has the same.
#define FIND_FOLD 1
#define FIND_LEFT 2
#define FIND_RIGHT 4
#define FIND_BEGIN 8
#define FIND_END 16
#define FIND_ALL 32
// The number of needles at a time.
#define FIND_MOST 64

void vedette_duck_find(void *info, void *chunk, void *out);
