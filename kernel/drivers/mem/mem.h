// /dev/null, zero, full, random, urandom and kmsg.
// Callers: main/ at start-up.
// Locks, context: thread context.
#pragma once

#include "base/result.h"

namespace drivers::mem {

// Registers the devices with their Linux numbers. ENOMEM.
Result<void> init();

}  // namespace drivers::mem
