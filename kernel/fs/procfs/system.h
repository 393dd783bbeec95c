// The files of /proc that are not about processes.
// Callers: procfs::init.
// Locks, context: start-up.
#pragma once

#include "base/result.h"

namespace fs::procfs {
Result<void> add_system_files();
Result<void> add_random_files();
// sched_limits.cc
Result<void> add_sched_limits();
}  // namespace fs::procfs
