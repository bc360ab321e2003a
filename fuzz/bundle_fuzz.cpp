// Any bytes are a bundle whose records agree, or an Error of one line. The first byte chooses what they are:
// an archive, bundle.json, or results.jsonl.
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "bundle/member.h"
#include "bundle/reader.h"

namespace {

using namespace vidbench;

constexpr uint64_t kMemory = 1 << 20;

void read_archive(std::string_view bytes) {
  bundle::ArchiveReader archive(bytes, "input");
  uint64_t written = 0;
  const auto sink = [&](const bundle::File& file, std::string_view piece) {
    if (!bundle::is_allowed_name(file.name)) std::abort();
    written += piece.size();
    if (written > kMemory) std::abort();
  };
  const auto content = bundle::read_bundle(archive, {.max_bytes = kMemory, .max_memory_bytes = kMemory},
                                           [](const bundle::Index&) {}, sink, {});
  for (const auto& sample : content.run.samples)
    if (!bundle::is_safe_part(sample.id)) std::abort();
}

void read_index(std::string_view bytes) {
  const auto index = bundle::parse_index(bytes, "input");
  for (const auto& file : index.files)
    if (!bundle::is_allowed_name(file.name)) std::abort();
  if (bundle::to_json(bundle::parse_index(document(bundle::to_json(index)), "again")) !=
      bundle::to_json(index))
    std::abort();
}

// What was read can be written, and read again as the same text.
std::string written(const store::RunContent& content) {
  std::string text;
  bundle::write_results(content, {true, true}, [&](std::string_view piece) { text += piece; });
  return text;
}

store::RunContent read_results(std::string_view bytes) {
  bundle::ResultsReader reader("input");
  reader.feed(bytes.substr(0, bytes.size() / 2));
  reader.feed(bytes.substr(bytes.size() / 2));
  reader.end();
  for (const auto& [name, size] : reader.reference_bytes()) {
    if (size > kMemory) throw_input("a large reference");
    reader.take_reference(name, std::string(size, '\0'));
  }
  return reader.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] % 3 == 0) {
      read_archive(bytes);
    } else if (data[0] % 3 == 1) {
      read_index(bytes);
    } else {
      const std::string text = written(read_results(bytes));
      if (written(read_results(text)) != text) std::abort();
    }
  } catch (const Error& e) {
    if (std::string_view(e.what()).find('\n') != std::string_view::npos) std::abort();
  }
  return 0;
}
