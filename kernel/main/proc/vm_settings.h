// /proc/sys/vm: overcommitment and the OOM killer.
// Callers: the start-up step that shows the machine in /proc.
// Locks, context: start-up.
#pragma once

#include "base/result.h"

namespace kernel_main {

Result<void> add_vm_settings();  // ENOMEM

}  // namespace kernel_main
