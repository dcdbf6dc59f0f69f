/* zlib's gzip, whole buffers at a time: what Swift cannot import are the macros that initialise a stream. */
#ifndef TOCSIN_GZIP_H
#define TOCSIN_GZIP_H

#include <stddef.h>

/* Compresses into a buffer from malloc, which is the caller's to free; 0 when there is no memory. */
unsigned char *tocsin_gzip(const unsigned char *from, size_t count, int level, size_t *size);

/* Expands at most `most` bytes into a buffer from malloc. 0 with *size 0: not gzip, or cut off; with *size 1: it holds
   more than `most` bytes. Several members after each other are one text. */
unsigned char *tocsin_gunzip(const unsigned char *from, size_t count, size_t most, size_t *size);

#endif
