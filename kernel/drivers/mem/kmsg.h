// /dev/kmsg: the kernel's log, a record a read; writes add records.
// Callers: drivers/mem.
// Locks, context: thread context.
// Source: Linux, Documentation/ABI/testing/dev-kmsg.
#pragma once

#include "fs/inode.h"

namespace drivers::mem {

Result<Ref<object::File>> open_kmsg(const fs::DeviceOpenContext& ctx);

}  // namespace drivers::mem
