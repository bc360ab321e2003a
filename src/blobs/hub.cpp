#include "blobs/hub.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/strings.h"
#include "base/url.h"
#include "base/variable.h"
#include "blobs/attempts.h"
#include "blobs/http_get.h"

namespace vidbench::blobs {
namespace {

constexpr uint64_t kMostText_bytes = uint64_t{64} << 20;

class TextReceiver final : public Receiver {
 public:
  explicit TextReceiver(std::string& text) : text_(text) { text_.clear(); }
  bool begin(const AnswerHead&) override { return true; }
  bool take(std::span<const char> content) override {
    text_.append(content.data(), content.size());
    return text_.size() <= kMostText_bytes;
  }

 private:
  std::string& text_;
};

}  // namespace

TextAnswer get_text(const std::string& url, const std::string& token, double stall_s,
                    const std::stop_token& stop) {
  TextAnswer answer;
  HttpGet http;
  const auto once = [&] {
    TextReceiver receiver(answer.text);
    const GetRequest request{.url = url, .token = token, .stall_s = stall_s};
    HttpGet::Result got = http.get(request, receiver, stop);
    answer.status = got.head.status;
    if (got.ended) got.transfer.problem = "the answer is larger than " + human_bytes(kMostText_bytes);
    return got.transfer;
  };
  answer.problem = persist({.name = url,
                            .transfer = once,
                            .accept = [] { return std::string(); },
                            .bytes = [] { return uint64_t{0}; },
                            .discard = [&] { answer.text.clear(); }},
                           stop);
  return answer;
}

Hub::Hub() : endpoint_(hub_endpoint()) {
  token_ = trim(variable("HF_TOKEN"));
  if (token_.find_first_of("\r\n\t ") != std::string::npos) throw_input("HF_TOKEN is not one word");
}

std::string Hub::listing_address(const Reference& reference) const {
  return fmt::format("{}/api/models/{}/revision/{}?blobs=true", endpoint_, reference.repository,
                     percent_encode(reference.revision));
}

HubListing Hub::list(const Reference& reference, double stall_s, const std::stop_token& stop) const {
  const std::string url = listing_address(reference);
  const TextAnswer answer = get_text(url, token_, stall_s, stop);
  if (!answer.problem.empty()) refuse(reference, answer);
  return parse_hub_listing(answer.text, url);
}

Json Hub::describe(const Reference& reference, double stall_s, const std::stop_token& stop) const {
  const std::string url = listing_address(reference);
  const TextAnswer answer = get_text(url, token_, stall_s, stop);
  if (!answer.problem.empty()) refuse(reference, answer);
  Json description = parse_json(answer.text, url);
  if (!description.is_object()) throw_input(url + ": is no object");
  return description;
}

std::string Hub::read(const Reference& reference, const std::string& commit, const std::string& path,
                      double stall_s, const std::stop_token& stop) const {
  const TextAnswer answer = get_text(address(reference.repository, commit, path), token_, stall_s, stop);
  if (!answer.problem.empty()) refuse(reference, answer);
  return answer.text;
}

std::string Hub::address(const std::string& repository, const std::string& commit,
                         const std::string& path) const {
  return fmt::format("{}/{}/resolve/{}/{}", endpoint_, repository, commit, percent_encode(path, "/"));
}

void Hub::refuse(const Reference& reference, const TextAnswer& answer) const {
  const std::string what = fmt::format("{} from {}: {}", reference.text(), endpoint_, answer.problem);
  const std::string page = endpoint_ + "/" + reference.repository;
  if (answer.status == 401 || answer.status == 403)
    throw_environment(what,
                      fmt::format("accept its conditions at {} and set HF_TOKEN; a repository that does "
                                  "not exist is answered so, too",
                                  page));
  if (answer.status == 404) throw_environment(what, "is there such a repository and revision? see " + page);
  throw_environment(what, "is the network there? mirrors are named by VIDBENCH_MIRRORS");
}

}  // namespace vidbench::blobs
