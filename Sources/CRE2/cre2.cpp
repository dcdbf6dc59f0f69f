#include "cre2.h"

#include <re2/re2.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

struct cre2_pattern {
  RE2 regex;
  cre2_pattern(const std::string &text, const RE2::Options &options) : regex(text, options) {}
};

extern "C" cre2_pattern *cre2_compile(const char *text, size_t length, char *error, size_t error_size) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  const std::string anchored = "^(?s:" + std::string(text, length) + ")$";
  // The text alone must be well-formed too: "a)(b" would otherwise borrow our parentheses.
  RE2 alone(re2::StringPiece(text, length), options);
  auto pattern = std::make_unique<cre2_pattern>(anchored, options);
  const RE2 &bad = alone.ok() ? pattern->regex : alone;
  if (!bad.ok()) {
    std::snprintf(error, error_size, "%s", bad.error().c_str());
    return nullptr;
  }
  return pattern.release();
}

extern "C" void cre2_free(cre2_pattern *pattern) { delete pattern; }

extern "C" bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
  const re2::StringPiece piece(text, length);
  return pattern->regex.Match(piece, 0, length, RE2::ANCHOR_BOTH, nullptr, 0);
}

extern "C" int cre2_groups(const cre2_pattern *pattern) { return pattern->regex.NumberOfCapturingGroups(); }

extern "C" bool cre2_captures(const cre2_pattern *pattern, const char *text, size_t length, int *starts, int *ends,
                              int count) {
  const re2::StringPiece piece(text, length);
  std::vector<re2::StringPiece> groups(count);
  if (!pattern->regex.Match(piece, 0, length, RE2::ANCHOR_BOTH, groups.data(), count)) return false;
  for (int i = 0; i < count; i++) {
    const bool took_part = groups[i].data() != nullptr;
    starts[i] = took_part ? static_cast<int>(groups[i].data() - text) : -1;
    ends[i] = took_part ? starts[i] + static_cast<int>(groups[i].size()) : -1;
  }
  return true;
}

extern "C" int cre2_named_group(const cre2_pattern *pattern, const char *name) {
  const auto &names = pattern->regex.NamedCapturingGroups();
  const auto found = names.find(name);
  return found == names.end() ? -1 : found->second;
}
