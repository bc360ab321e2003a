#include "batch/journal.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::batch {
namespace {

TEST(Journal, AddsUpWhatEveryCallUsed) {
  const TemporaryDirectory folder;
  {
    Journal journal(folder.path());
    journal.started("a", {});
    journal.ended("a", 10, {{"USD", 2}}, {{"state", "interrupted"}});
  }
  Journal journal(folder.path());
  EXPECT_EQ(journal.seconds(), 10);
  journal.started("a", {{"USD", 2}});
  journal.ended("a", 5, {{"USD", 3.5}}, {{"state", "done"}});  // what the directory tells of all its calls
  journal.started("b", {});
  journal.ended("b", 1, {}, {{"state", "done"}});
  EXPECT_EQ(journal.seconds(), 16);
  EXPECT_EQ(journal.seconds("a"), 15);
  EXPECT_EQ(journal.costs().at("USD"), 3.5);
  EXPECT_TRUE(journal.costs("b").empty());
}

TEST(Journal, AKilledRunCountsUpToItsLastBeat) {
  const TemporaryDirectory folder;
  {
    Journal journal(folder.path());
    journal.started("a", {{"USD", 1}});
    journal.beat(7);
  }
  Journal journal(folder.path());
  EXPECT_EQ(journal.seconds(), 0);
  journal.close_killed([](const std::string& run) { return run == "a" ? Costs{{"USD", 4}} : Costs{}; });
  EXPECT_EQ(journal.seconds("a"), 7);
  EXPECT_EQ(journal.costs().at("USD"), 3);
  journal.close_killed([](const std::string&) -> Costs { throw std::logic_error("closed already"); });
}

TEST(Journal, ABeatOfAnotherRunIsNotCounted) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "running.json", R"({"run": "other", "seconds": 99})");
  { Journal(folder.path()).started("a", {}); }
  Journal journal(folder.path());
  journal.close_killed([](const std::string&) { return Costs{}; });
  EXPECT_EQ(journal.seconds(), 0);
}

TEST(Journal, AHalfWrittenLineIsDropped) {
  const TemporaryDirectory folder;
  {
    Journal journal(folder.path());
    journal.started("a", {});
    journal.ended("a", 3, {}, {{"state", "done"}});
  }
  const auto file = folder.path() / "journal.jsonl";
  std::ofstream(file, std::ios::app) << R"({"event": "ended", "run": "a", "sec)";
  {
    Journal journal(folder.path());
    EXPECT_EQ(journal.seconds(), 3);
    journal.started("b", {});
  }
  EXPECT_EQ(Journal(folder.path()).seconds(), 3);
}

TEST(Journal, GarbageIsAnErrorThatNamesTheLine) {
  for (const char* garbage :
       {"nonsense\n", "{}\n", "[]\n", "{\"event\": \"ended\", \"run\": 5, \"cost\": {}}\n"}) {
    const TemporaryDirectory folder;
    std::ofstream(folder.path() / "journal.jsonl") << garbage;
    try {
      const Journal journal(folder.path());
      ADD_FAILURE() << garbage;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      EXPECT_NE(std::string(e.what()).find("journal.jsonl:1"), std::string::npos) << e.what();
    }
  }
}

TEST(Journal, OneProcessAtATime) {
  const TemporaryDirectory folder;
  const Journal journal(folder.path());
  EXPECT_THROW(Journal{folder.path()}, Error);
}

}  // namespace
}  // namespace vidbench::batch
