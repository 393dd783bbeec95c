#include "drivers/console/timeline.h"

#include <algorithm>

#include "hw/cpus.h"
#include "time/clock.h"

namespace drivers::console {
namespace {
constinit bool g_enabled = false;
constexpr u32 kLinesPerRow = 16, kGap = 1;
}  // namespace

void Timeline::enable() { g_enabled = true; }
bool Timeline::enabled() { return g_enabled; }
u32 Timeline::cpus() { return std::min(hw::cpus_possible(), kMaxCpus); }
u32 Timeline::rows() { return g_enabled ? (cpus() * kHeight + kLinesPerRow - 1) / kLinesPerRow : 0; }

Result<void> Timeline::create(Painter& painter, u32 top) {
    top_ = top;
    const i64 now = time::now().ns;
    for (u32 cpu = 0; cpu < cpus(); cpu++) TRY(strips_[cpu].create(painter.width() / kPixelsPerColumn, now));
    return sched::trace_switches();
}

void Timeline::draw(Painter& painter) {
    (void)sched::trace_switches();  // CPUs that came meanwhile; without memory they stay dark
    for (u32 cpu = 0; cpu < cpus(); cpu++) {
        Strip& strip = strips_[cpu];
        // Read first: a switch that happens while the ring is emptied is not before this moment.
        const i64 now = time::now().ns;
        if (sched::SwitchRing* ring = sched::switch_ring(cpu)) {
            sched::SwitchRecord record;
            for (u32 i = 0; i < sched::SwitchRing::kSize && ring->take(record); i++) strip.feed(record);
        }
        strip.advance(now);
        const u32 y = top_ + cpu * kHeight;
        for (u32 from = 0; from < strip.columns();) {
            u32 to = from + 1;
            while (to < strip.columns() && strip.colour(to) == strip.colour(from)) to++;
            painter.fill(from * kPixelsPerColumn, y, (to - from) * kPixelsPerColumn, kHeight - kGap,
                         strip.colour(from));
            from = to;
        }
    }
}

}  // namespace drivers::console
