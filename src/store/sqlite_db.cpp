#include "store/sqlite_db.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "base/error.h"

namespace vidbench::store {
namespace {

constexpr int kBusyMilliseconds = 30'000;

[[noreturn]] void throw_sqlite(sqlite3* db) {
  const int code = sqlite3_extended_errcode(db);
  const char* file = sqlite3_db_filename(db, "main");
  const std::string hint = (code & 0xff) == SQLITE_BUSY ? "another process holds the store; try again"
                           : (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT
                               ? "move the file away, or name another one with --store"
                               : "";
  throw_environment(fmt::format("store {}: {}", file != nullptr ? file : "", sqlite3_errmsg(db)), hint);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Statement::Statement(sqlite3* db, std::string_view sql) : db_(db) {
  sqlite3_stmt* raw = nullptr;
  check(sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, nullptr));
  statement_.reset(raw);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw_sqlite(db_);
}

Statement& Statement::bind(int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), next_++, value));
  return *this;
}
Statement& Statement::bind(double value) {
  check(sqlite3_bind_double(statement_.get(), next_++, value));
  return *this;
}
Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), next_++, text.data(), text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}
Statement& Statement::bind_blob(std::span<const std::byte> bytes) {
  check(sqlite3_bind_blob64(statement_.get(), next_++, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}
Statement& Statement::bind_null() {
  check(sqlite3_bind_null(statement_.get(), next_++));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw_sqlite(db_);
}

void Statement::execute() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr
             ? std::string()
             : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}
std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Database::Database(const std::string& path) : path_(path) {
  const std::filesystem::path file(path);
  std::error_code ec;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ec);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK)
    throw_environment(fmt::format("cannot open the store {}: {}", path, sqlite3_errstr(code)),
                      "check the path given with --store, and its permissions");
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF");
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw_sqlite(db_.get());
}

Transaction::~Transaction() {
  if (db_ == nullptr) return;
  try {
    db_->execute("ROLLBACK");
  } catch (const Error&) {  // the connection is already broken; the transaction is gone with it
  }
}

void Transaction::commit() {
  db_->execute("COMMIT");
  db_ = nullptr;
}

}  // namespace vidbench::store
