// /proc/lapic and /proc/ioapic: the interrupt controllers as they are programmed.
// Callers: main/, a step of start-up after the file systems.
// Locks, context: thread context; the files are written in their readers' threads, Rank::kIrqChip inside.
#pragma once

#include "base/result.h"

namespace platform::pc {

// ENOMEM.
Result<void> add_proc_files();

}  // namespace platform::pc
