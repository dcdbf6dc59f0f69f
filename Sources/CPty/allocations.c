#include "CPty.h"

#include <stddef.h>

/* glibc's own names for what the public ones do. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* Counted for each thread: what others do meanwhile is not ours. The initial-exec model needs no allocation itself. */
static _Thread_local unsigned long count __attribute__((tls_model("initial-exec")));

#if !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
/* A sanitizer has an allocator of its own; under it nothing is counted. */
void *malloc(size_t size) {
  count++;
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count++;
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count++;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count++;
  *result = __libc_memalign(alignment, size);
  return *result == NULL ? 12 : 0;
}
#endif

unsigned long cpty_allocations(void) { return count; }
