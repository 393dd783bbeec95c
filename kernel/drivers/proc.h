// /proc/drivers: the drivers and what became of them, and the actors with their figures.
// Callers: drivers/.
// Locks, context: thread context; the file is written in its reader's thread.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace drivers {

struct DriverState {
    std::string_view name;
    Result<void> started;
};

// `states` lives for ever. ENOMEM.
Result<void> add_proc_file(std::span<const DriverState> states);

}  // namespace drivers
