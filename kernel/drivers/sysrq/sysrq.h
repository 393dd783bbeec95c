// /proc/sysrq-trigger: one letter makes the kernel do something drastic.
// Callers: drivers::init.
// Locks, context: thread context.
// Source: Linux, Documentation/admin-guide/sysrq.rst.
#pragma once

#include "base/result.h"

namespace drivers::sysrq {

// Makes the file; root alone may write. ENOMEM.
Result<void> init();

}  // namespace drivers::sysrq
