// Unpacking of the initial RAM disk into the root file system.
// Callers: filesystem.cc.
// Locks, context: start-up, thread context.
#pragma once

#include <span>

#include "base/result.h"
#include "base/types.h"

namespace fs::cpio {

// EINVAL when something was broken: logged with entry and offset, and what came before is there.
Result<void> unpack(std::span<const u8> archive);

}  // namespace fs::cpio
