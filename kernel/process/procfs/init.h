// Per-process nodes of /proc.
// Callers: process/init.cc, once, after fs::procfs is there.
// Locks, context: start-up, thread context.
#pragma once

#include "base/result.h"

namespace process::procfs {
Result<void> init();
}
