#include "registry/git_checkout.h"

#include <fstream>

#include "base/strings.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream in(file);
  std::getline(in, line);
  return trim(line);
}

// A work tree has a file that names the folder.
fs::path git_folder(const fs::path& checkout) {
  const fs::path git = checkout / ".git";
  std::error_code ec;
  if (!fs::is_regular_file(git, ec)) return git;
  const std::string line = first_line(git);
  return line.starts_with("gitdir: ") ? checkout / line.substr(8) : git;
}

std::string commit_of(const fs::path& git, const std::string& reference) {
  if (const std::string commit = first_line(git / reference); !commit.empty()) return commit;
  std::ifstream packed(git / "packed-refs");
  for (std::string line; std::getline(packed, line);)
    if (line.ends_with(" " + reference)) return line.substr(0, line.find(' '));
  return "";
}

}  // namespace

std::string checkout_commit(const fs::path& checkout) {
  if (checkout.empty()) return "";
  const fs::path git = git_folder(checkout);
  const std::string head = first_line(git / "HEAD");
  if (!head.starts_with("ref: ")) return head;
  const std::string reference = head.substr(5);
  if (const std::string commit = commit_of(git, reference); !commit.empty()) return commit;
  // Branches of a work tree are kept where it was made from.
  const std::string common = first_line(git / "commondir");
  return common.empty() ? "" : commit_of(git / common, reference);
}

std::string commit_above(const fs::path& folder) {
  std::error_code ec;
  for (fs::path at = fs::absolute(folder, ec).lexically_normal(); !ec && at.has_relative_path();
       at = at.parent_path())
    if (fs::exists(at / ".git", ec)) return checkout_commit(at);
  return "";
}

}  // namespace vidbench::registry
