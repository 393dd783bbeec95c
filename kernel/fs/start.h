// The parts of start-up that the file systems export to filesystem.cc.
// Callers: filesystem.cc.
// Locks, context: once, thread context.
#pragma once

#include "base/result.h"

namespace fs {

Result<void> init_memory_files();
Result<void> init_huge_files();
namespace devtmpfs {
Result<void> init();
}
namespace procfs {
Result<void> init();
}

}  // namespace fs
