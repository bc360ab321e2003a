// What the store answers to a request, apart from how it is sent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "blobs/store.h"

namespace vidbench::blobs {

struct ServeRequest {
  std::string method, target;
  std::string range, if_range, if_none_match;  // "" = not sent
};

struct ServeReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::filesystem::path file;       // its bytes [offset, offset + length) are the content
  uint64_t offset = 0, length = 0;  // of the content, also where it is not sent
  std::string text;                 // the content when there is no file
};

// Of "/blobs/sha256-<hex>" and "/manifests/<host>/<owner>/<name>/<revision>.json" the file, whole or one
// range; nothing else of the machine can be named. Any request has an answer. HEAD has the headers of GET: do
// not send the content then.
[[nodiscard]] ServeReply reply_to(const Store& store, const ServeRequest& request);

}  // namespace vidbench::blobs
