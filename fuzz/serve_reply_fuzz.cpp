// Any request to the store's server is answered, with nothing of another folder and no byte beyond a file.
#include <cstdlib>
#include <string>

#include "base/files.h"
#include "base/hash.h"
#include "blobs/serve_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vidbench::blobs;
  static const vidbench::TemporaryDirectory home;
  static const Store store(home.path() / "store");
  static const std::string blob = "/blobs/sha256-" + vidbench::sha256_hex("0123456789");
  static const bool made = [] {
    vidbench::write_file_atomic(store.blob(vidbench::sha256_hex("0123456789")), "0123456789");
    vidbench::write_file_atomic(store.root() / "manifests/h/a/b/main.json", "{}");
    vidbench::write_file_atomic(home.path() / "secret.json", "secret");
    return true;
  }();
  (void)made;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  const std::string first = text.substr(0, line),
                    rest = line == std::string::npos ? "" : text.substr(line + 1);
  for (const ServeRequest& request :
       {ServeRequest{"GET", first, rest, "", ""}, ServeRequest{"GET", blob, first, rest, ""},
        ServeRequest{"GET", blob, rest, "", first}, ServeRequest{first, rest, "", "", ""}}) {
    const ServeReply reply = reply_to(store, request);
    if (reply.file.empty()) continue;
    if (reply.file.lexically_normal().string().rfind(store.root().string() + "/", 0) != 0) std::abort();
    if (reply.offset + reply.length > std::filesystem::file_size(reply.file)) std::abort();
  }
  return 0;
}
