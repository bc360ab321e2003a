// Thin RAII over SQLite: a connection, statements with typed binding, transactions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace vidbench::store {

class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql);
  Statement(Statement&&) = default;

  // Binds in order, 1st call → parameter 1; text and blobs are copied.
  Statement& bind(int64_t value);
  Statement& bind(int value) { return bind(int64_t{value}); }
  Statement& bind(uint64_t value) { return bind(static_cast<int64_t>(value)); }
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind_blob(std::span<const std::byte> bytes);
  Statement& bind_null();

  // True while there is a row. Throws Error(kEnvironment) with SQLite's message.
  bool step();
  // Runs to the end and makes the statement ready for new values.
  void execute();
  void reset();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;  // valid until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code) const;
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
};

class Database {
 public:
  // Opens or creates; WAL, foreign keys on, full synchronous, a busy time of 30 s.
  explicit Database(const std::string& path);
  [[nodiscard]] Statement prepare(std::string_view sql) { return Statement(db_.get(), sql); }
  // One or several statements without parameters.
  void execute(const std::string& sql);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> db_;
};

// BEGIN IMMEDIATE … COMMIT; rolls back when `commit()` was not reached.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(&db) { db.execute("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database* db_;
};

}  // namespace vidbench::store
