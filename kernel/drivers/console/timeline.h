// Timeline: a strip a CPU above the status line, scrolling to the left, a colour for each task (option
// `timeline`). Callers: main/ (the option), drivers/console's thread. Locks, context: enable() at start-up;
// the rest in the console's thread.
#pragma once

#include <array>

#include "drivers/console/painter.h"
#include "drivers/console/strip.h"

namespace drivers::console {

class Timeline {
  public:
    // Before the console is set up.
    static void enable();
    static bool enabled();
    // Rows of characters that it takes from the bottom.
    static u32 rows();

    // The picture begins at line `top` of the screen; the scheduler records from now on. ENOMEM.
    Result<void> create(Painter& painter, u32 top);
    void draw(Painter& painter);

  private:
    static constexpr u32 kMaxCpus = 16, kHeight = 8, kPixelsPerColumn = 2;
    static u32 cpus();
    std::array<Strip, kMaxCpus> strips_;
    u32 top_ = 0;
};

}  // namespace drivers::console
