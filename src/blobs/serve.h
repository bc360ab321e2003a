// Serves the store over HTTP, for reading.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "blobs/store.h"

namespace vidbench::blobs {

struct ServeOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;         // 0 = any that is free
  int max_connections = 64;  // more are answered 503
  double idle_s = 30;        // without a byte: the connection is closed
  double stop_grace_s = 5;   // for what is being sent when it stops
  int threads = 4;
  std::function<void(const std::string& address)> on_ready = [](const auto&) {};  // "127.0.0.1:8420"
};

// Until a stop is requested; what is being sent may end then. See serve_reply.h for what there is. Throws
// Error(kInput) for an address that is none, Error(kEnvironment) when it cannot be listened on.
void serve(const Store& store, const ServeOptions& options, const std::stop_token& stop);

// "127.0.0.1:8420", "[::1]:8420", ":8420" (all addresses), "8420" (this machine alone). Throws Error(kInput).
void read_listen(const std::string& text, ServeOptions& options);

}  // namespace vidbench::blobs
