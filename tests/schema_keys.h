// A JSON schema for editors and the strict reader it describes must know the same keys.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/strings.h"

namespace vidbench::testing_schema {

using Keys = std::set<std::string>;

// schemas/NAME.
inline Json load_schema(const std::string& name) {
  const auto path = std::filesystem::path(VIDBENCH_SOURCE_DIR) / "schemas" / name;
  return parse_json(read_file(path), path.string());
}

inline Keys keys_of(const Json& object_schema) {
  EXPECT_EQ(object_schema.at("additionalProperties"), false);
  Keys keys;
  for (const auto& item : object_schema.at("properties").items()) keys.insert(item.key());
  return keys;
}

// The reader names every key it knows in the hint for one that resembles none of them: `read` must refuse.
inline Keys keys_in_hint(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& e) {
    const std::string start = "one of: ";
    EXPECT_EQ(e.hint().substr(0, start.size()), start) << e.what();
    Keys keys;
    for (const std::string& key : split(e.hint().substr(start.size()), ',')) keys.insert(trim(key));
    return keys;
  }
  ADD_FAILURE() << "an unknown key was accepted";
  return {};
}

}  // namespace vidbench::testing_schema
