// A setting of the kernel's log in /proc/sys.
// Callers: start-up.
// Locks, context: thread context.
#pragma once

#include "base/result.h"

namespace linux_abi {

// kernel.printk: what the console shows. ENOMEM.
Result<void> init_syslog();

}  // namespace linux_abi
