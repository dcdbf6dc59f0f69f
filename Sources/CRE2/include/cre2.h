#ifndef TOCSIN_CRE2_H
#define TOCSIN_CRE2_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

/// Compiles `text` as ^(?s:text)$, as Prometheus anchors its matchers. Returns NULL and fills `error` when RE2 refuses it.
cre2_pattern *cre2_compile(const char *text, size_t length, char *error, size_t error_size);
void cre2_free(cre2_pattern *pattern);
/// True when the whole of `text` matches. Linear in `length`, whatever the pattern.
bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length);
/// The number of capture groups, the anchoring excluded.
int cre2_groups(const cre2_pattern *pattern);
/// Like cre2_matches, and fills starts[i] and ends[i] for groups 0…count-1; -1 where a group took no part.
bool cre2_captures(const cre2_pattern *pattern, const char *text, size_t length, int *starts, int *ends, int count);
/// The number of the group called `name`, or -1.
int cre2_named_group(const cre2_pattern *pattern, const char *name);

#ifdef __cplusplus
}
#endif

#endif
