// Lists to choose from, without a terminal: what stands in them, what a search and a filter leave.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registry/registry.h"
#include "suites/suite.h"

namespace vidbench::cli {

struct ChoiceRow {
  std::string id;
  std::vector<std::string> cells;  // as long as Choices::columns(); the first is what the row is called
  std::string detail;              // one line about it
};

class Choices {
 public:
  virtual ~Choices() = default;
  [[nodiscard]] virtual std::string question() const = 0;
  [[nodiscard]] virtual std::vector<std::string> columns() const = 0;  // the last are dropped first
  [[nodiscard]] virtual bool several() const = 0;
  [[nodiscard]] virtual std::vector<std::string> filters() const = 0;  // names; the first is the usual one
  // The rows that the words of `query` and the filter leave, the nearest first.
  [[nodiscard]] virtual std::vector<ChoiceRow> rows(std::string_view query, size_t filter) const = 0;
};

// `models` outlive it.
class ModelChoices final : public Choices {
 public:
  explicit ModelChoices(const std::vector<registry::Model>& models);
  [[nodiscard]] std::string question() const override { return "Which models?"; }
  [[nodiscard]] std::vector<std::string> columns() const override;
  [[nodiscard]] bool several() const override { return true; }
  [[nodiscard]] std::vector<std::string> filters() const override;
  [[nodiscard]] std::vector<ChoiceRow> rows(std::string_view query, size_t filter) const override;

 private:
  const std::vector<registry::Model>& models_;
};

// The shipped suites, and any file by its path.
class SuiteChoices final : public Choices {
 public:
  explicit SuiteChoices(std::vector<suites::SuiteSummary> suites) : suites_(std::move(suites)) {}
  [[nodiscard]] std::string question() const override { return "Which suite?"; }
  [[nodiscard]] std::vector<std::string> columns() const override { return {"suite", "prompts", "title"}; }
  [[nodiscard]] bool several() const override { return false; }
  [[nodiscard]] std::vector<std::string> filters() const override { return {"all"}; }
  [[nodiscard]] std::vector<ChoiceRow> rows(std::string_view query, size_t filter) const override;

 private:
  std::vector<suites::SuiteSummary> suites_;
};

}  // namespace vidbench::cli
