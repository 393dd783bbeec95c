// The console's status line: name, time since boot, memory, load of each CPU.
// Callers: drivers/console's thread.
// Locks, context: thread context, one caller.
#pragma once

#include <array>
#include <span>

#include "drivers/console/screen.h"
#include "hw/cpus.h"

namespace drivers::console {

class StatusLine {
  public:
    // Fills `cells` with the figures of the time since the last call.
    void compose(std::span<Cell> cells);

  private:
    std::array<u64, hw::kMaxCpus> busy_ns_{};
    i64 last_ns_ = 0;
};

}  // namespace drivers::console
