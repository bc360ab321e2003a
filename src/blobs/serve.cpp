#include "blobs/serve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/strings.h"
#include "blobs/serve_reply.h"

namespace vidbench::blobs {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using ErrorCodeOf = boost::system::error_code;

constexpr uint32_t kMaxHeader_bytes = 16 << 10;
constexpr size_t kBlock_bytes = size_t{512} << 10;

std::chrono::nanoseconds duration(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

class Server;

// One connection, on a strand of its own.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Server& server) : stream_(std::move(socket)), server_(server) {}
  asio::awaitable<void> run(bool welcome);
  // Ends a connection that waits for a request; what is being sent goes on.
  void stop_waiting() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->waiting_) self->stream_.cancel();
    });
  }

 private:
  asio::awaitable<bool> answer(const http::request<http::empty_body>& request);
  asio::awaitable<bool> send(ServeReply reply, bool head, bool keep_alive, unsigned version);
  asio::awaitable<bool> send_file(const Descriptor& file, uint64_t offset, uint64_t length);

  beast::tcp_stream stream_;
  Server& server_;
  beast::flat_buffer buffer_{kMaxHeader_bytes};
  bool waiting_ = false;
};

class Server {
 public:
  Server(const Store& store, const ServeOptions& options) : store_(store), options_(options) { listen(); }

  void run(const std::stop_token& stop) {
    asio::co_spawn(acceptor_.get_executor(), accept(), asio::detached);
    const tcp::endpoint bound = acceptor_.local_endpoint();
    const std::string host = bound.address().to_string();
    options_.on_ready(fmt::format("{}:{}", bound.address().is_v6() ? "[" + host + "]" : host, bound.port()));
    const std::stop_callback on_stop(stop,
                                     [this] { asio::post(acceptor_.get_executor(), [this] { end(); }); });
    std::vector<std::jthread> threads;
    for (int i = 1; i < options_.threads; ++i) threads.emplace_back([this] { context_.run(); });
    context_.run();
  }

  [[nodiscard]] const Store& store() const { return store_; }
  [[nodiscard]] const ServeOptions& options() const { return options_; }
  [[nodiscard]] bool ending() const { return ending_; }

 private:
  void listen() {
    ErrorCodeOf ec;
    const auto address = asio::ip::make_address(options_.address, ec);
    if (ec) throw_input(fmt::format("'{}' is no IP address to listen on", one_line(options_.address)));
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
      throw_environment(
          fmt::format("cannot listen on {}:{}: {}", options_.address, options_.port, ec.message()),
          "choose another --listen ADDRESS:PORT");
  }

  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      ErrorCodeOf ec;
      tcp::socket socket(asio::make_strand(context_));
      co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
      if (ec == asio::error::operation_aborted) co_return;
      if (ec) {  // out of descriptors: others have to end first
        asio::steady_timer timer(acceptor_.get_executor(), std::chrono::milliseconds(50));
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        continue;
      }
      welcome(std::move(socket));
    }
  }

  void welcome(tcp::socket socket) {
    const auto executor = socket.get_executor();
    auto session = std::make_shared<Session>(std::move(socket), *this);
    const std::lock_guard lock(mutex_);
    const bool room = sessions_.size() < static_cast<size_t>(options_.max_connections);
    sessions_.insert(session);
    asio::co_spawn(executor, session->run(room), [this, session](const std::exception_ptr&) {
      const std::lock_guard inner(mutex_);
      sessions_.erase(session);
      if (ending_ && sessions_.empty()) context_.stop();
    });
  }

  void end() {
    ending_ = true;
    acceptor_.close();
    grace_.expires_after(duration(options_.stop_grace_s));
    grace_.async_wait([this](const ErrorCodeOf&) { context_.stop(); });
    const std::lock_guard lock(mutex_);
    for (const auto& session : sessions_) session->stop_waiting();
    if (sessions_.empty()) context_.stop();
  }

  const Store& store_;
  const ServeOptions& options_;
  asio::io_context context_;
  tcp::acceptor acceptor_{asio::make_strand(context_)};
  asio::steady_timer grace_{context_};
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::set<std::shared_ptr<Session>> sessions_;
};

asio::awaitable<void> Session::run(bool welcome) {
  bool more = true;
  if (!welcome) {
    ServeReply reply;
    reply.status = 503;
    reply.text = "too many connections\n";
    reply.length = reply.text.size();
    reply.headers = {{"Retry-After", "1"}, {"Content-Type", "text/plain; charset=utf-8"}};
    co_await send(std::move(reply), false, false, 11);
    more = false;
  }
  while (more && !server_.ending()) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(kMaxHeader_bytes);
    stream_.expires_after(duration(server_.options().idle_s));
    ErrorCodeOf ec;
    waiting_ = true;
    co_await http::async_read_header(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, ec));
    waiting_ = false;
    if (ec && ec.category() == make_error_code(http::error::bad_target).category() &&
        ec != http::error::end_of_stream) {
      ServeReply reply;
      reply.status = 400;
      reply.text = "this is no request that can be understood\n";
      reply.length = reply.text.size();
      co_await send(std::move(reply), false, false, 11);
    }
    if (ec) break;
    more = co_await answer(parser.get());
    more = more && parser.is_done();  // a body would be taken for the next request
  }
  ErrorCodeOf ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
}

asio::awaitable<bool> Session::answer(const http::request<http::empty_body>& request) {
  const auto header = [&](http::field field) { return std::string(request[field]); };
  const ServeRequest asked{std::string(request.method_string()), std::string(request.target()),
                           header(http::field::range), header(http::field::if_range),
                           header(http::field::if_none_match)};
  co_return co_await send(reply_to(server_.store(), asked), asked.method == "HEAD", request.keep_alive(),
                          request.version());
}

asio::awaitable<bool> Session::send(ServeReply reply, bool head, bool keep_alive, unsigned version) {
  const Descriptor file(reply.file.empty() ? -1
                                           : ::open(reply.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!reply.file.empty() && file.get() < 0) {  // collected since it was looked for
    reply = {};
    reply.status = 404;
  }
  http::response<http::empty_body> response(static_cast<http::status>(reply.status), version);
  response.set(http::field::server, "vidbench");
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  if (reply.status != 304) response.content_length(reply.length);
  response.keep_alive(keep_alive && !server_.ending());
  http::response_serializer<http::empty_body> serializer(response);
  stream_.expires_after(duration(server_.options().idle_s));
  ErrorCodeOf ec;
  co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, ec));
  if (!ec && !head && file.get() >= 0 && !co_await send_file(file, reply.offset, reply.length))
    co_return false;
  if (!ec && !head && file.get() < 0)
    co_await asio::async_write(stream_, asio::buffer(reply.text),
                               asio::redirect_error(asio::use_awaitable, ec));
  co_return !ec && response.keep_alive();
}

asio::awaitable<bool> Session::send_file(const Descriptor& file, uint64_t offset, uint64_t length) {
  std::vector<char> block(static_cast<size_t>(std::min<uint64_t>(kBlock_bytes, length)));
  while (length > 0) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(block.size(), length));
    const ssize_t got = ::pread(file.get(), block.data(), wanted, static_cast<off_t>(offset));
    if (got <= 0) co_return false;  // the client sees that the content is short
    stream_.expires_after(duration(server_.options().idle_s));
    ErrorCodeOf ec;
    co_await asio::async_write(stream_, asio::buffer(block.data(), static_cast<size_t>(got)),
                               asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return false;
    offset += static_cast<uint64_t>(got);
    length -= static_cast<uint64_t>(got);
  }
  co_return true;
}

}  // namespace

void serve(const Store& store, const ServeOptions& options, const std::stop_token& stop) {
  Server(store, options).run(stop);
}

void read_listen(const std::string& text, ServeOptions& options) {
  const size_t bracket = text.rfind(']');
  const size_t colon = text.find(':', bracket == std::string::npos ? 0 : bracket);
  std::string address = colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon);
  const std::string digits = colon == std::string::npos ? text : text.substr(colon + 1);
  if (address.empty()) address = "0.0.0.0";
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), options.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    throw_input(fmt::format("'{}' is no address to listen on", one_line(text)),
                "give ADDRESS:PORT, such as 127.0.0.1:8420 or [::1]:8420");
  if (address == "localhost") address = "127.0.0.1";
  options.address = address;
}

}  // namespace vidbench::blobs
