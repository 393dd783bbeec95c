// The kernel itself as the one who asks: start-up and drivers that make device nodes.
// Callers: fs start-up, devtmpfs, main.
// Locks, context: thread context.
#pragma once

#include "fs/walk.h"

namespace fs {

// Root's credentials, and the thread that runs (an exception to rule no-ambient-current: no file system that the
// kernel fills by itself asks who it is).
Caller kernel_caller();
// Paths from the root of the initial namespace.
FsContext& kernel_context();

}  // namespace fs
