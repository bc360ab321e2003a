// The schema of the SQLite store, as an ordered list of steps.
#pragma once

#include "store/sqlite_db.h"

namespace vidbench::store {

// Brings the database to the newest schema, one transaction a step; each step is recorded in
// `schema_migrations`. Throws Error(kInput) when the file was written by a newer vidbench.
void migrate(Database& db);
[[nodiscard]] int newest_schema_version();

}  // namespace vidbench::store
