#include "gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

unsigned char *tocsin_gzip(const unsigned char *from, size_t count, int level, size_t *size) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
  size_t room = deflateBound(&stream, count);
  unsigned char *out = malloc(room);
  if (out) {
    stream.next_in = (unsigned char *)from;
    stream.avail_in = (uInt)count;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
      free(out);
      out = 0;
    } else {
      *size = stream.total_out;
    }
  }
  deflateEnd(&stream);
  return out;
}

unsigned char *tocsin_gunzip(const unsigned char *from, size_t count, size_t most, size_t *size) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  *size = 0;
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return 0;
  size_t room = count * 4 + 1024, done = 0;
  if (room > most + 1) room = most + 1;
  unsigned char *out = malloc(room);
  stream.next_in = (unsigned char *)from;
  stream.avail_in = (uInt)count;
  int ended = 0;
  while (out) {
    stream.next_out = out + done;
    stream.avail_out = (uInt)(room - done);
    int code = inflate(&stream, Z_NO_FLUSH);
    done = room - stream.avail_out;
    if (done > most) {
      *size = 1;
      break;
    }
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) {
        ended = 1;
        break;
      }
      if (inflateReset(&stream) != Z_OK) break;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      break;
    } else if (stream.avail_out == 0) {
      size_t wanted = room * 2 > most + 1 ? most + 1 : room * 2;
      unsigned char *larger = realloc(out, wanted);
      if (!larger) break;
      out = larger;
      room = wanted;
    } else {
      break; /* the input is at its end and the stream is not */
    }
  }
  inflateEnd(&stream);
  if (!ended) {
    free(out);
    return 0;
  }
  *size = done;
  return out;
}
