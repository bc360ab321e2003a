// What is asked of a hub: a repository, which revision, and how much of it.
#pragma once

#include <cstdint>
#include <string>

namespace vidbench::blobs {

// What is told to be larger is no size; sums of many cannot overflow.
constexpr uint64_t kLargestFile_bytes = uint64_t{1} << 46;

struct Reference {
  std::string host;        // "huggingface.co"; with a port "127.0.0.1_8080"
  std::string repository;  // "owner/name"
  std::string revision = "main";
  std::string path;     // a file or folder of it; empty = all that a pipeline loads
  std::string variant;  // of the weights: "fp16"; empty = the usual ones

  // "main", "main~variant-fp16", "main~path-a%2Fb": what tells references to one repository apart; a plain
  // file name.
  [[nodiscard]] std::string leaf() const;
  // "huggingface.co/owner/name/main": the name of its manifest.
  [[nodiscard]] std::string key() const;
  // "owner/name/path", with "@revision" where it is not main: for people.
  [[nodiscard]] std::string text() const;
};

// $HF_ENDPOINT, else https://huggingface.co; without a slash at its end. Throws Error(kInput) for what is no
// http or https address.
[[nodiscard]] std::string hub_endpoint();
// The endpoint's host as references carry it.
[[nodiscard]] std::string hub_host();

// "owner/name" of the letters, digits and "-_." that hubs allow, without "..".
[[nodiscard]] bool is_repository(const std::string& text);
// A relative path of a file in a repository: no empty, "." or ".." part, no backslash, no control character.
[[nodiscard]] bool is_safe_path(const std::string& text);
// `count` lower-case hexadecimal digits.
[[nodiscard]] bool is_hex(const std::string& text, size_t count);
// What git calls a commit: a SHA-1 or a SHA-256.
[[nodiscard]] bool is_commit(const std::string& text);
// "models--owner--name", as huggingface_hub calls the folder of a repository.
[[nodiscard]] std::string hub_folder(const std::string& repository);

}  // namespace vidbench::blobs
