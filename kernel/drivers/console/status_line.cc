#include "drivers/console/status_line.h"

#include "base/format.h"
#include "base/string.h"
#include "memory/stats.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace drivers::console {
namespace {
constexpr u8 kBackground = 236, kText = 250, kAccent = 81, kBar = 114, kBarHigh = 203;

struct Writer {
    std::span<Cell> cells;
    usize at = 0;
    u8 colour = kText;
    void put(u16 code) {
        if (at < cells.size()) cells[at++] = {code, colour, kBackground};
    }
    void write(std::string_view text) {
        for (char c : text) put(static_cast<u8>(c));
    }
};
}  // namespace

void StatusLine::compose(std::span<Cell> cells) {
    for (Cell& c : cells) c = {' ', kText, kBackground};
    Writer out{cells};
    out.colour = kAccent;
    out.write(" Linnet ");
    out.colour = kText;
    i64 now = time::now().ns;
    i64 seconds = now / 1'000'000'000;
    base::format_to(out, " up {}:{:02}:{:02} ", seconds / 3600, seconds / 60 % 60, seconds % 60);
    memory::Stats m = memory::stats();
    base::format_to(out, " mem {}/{} MiB ", (m.total - m.free) >> 8, m.total >> 8);
    u64 load = sched::load_average()[0];
    base::format_to(out, " load {}.{:02} ", load >> 11, (load & 2047) * 100 / 2048);
    i64 passed = now - last_ns_;
    for (u32 cpu = 0; cpu < hw::cpus_possible(); cpu++) {
        if (!hw::is_online(cpu)) continue;
        sched::CpuTimes t = sched::cpu_times(cpu);
        u64 busy = t.user_ns + t.nice_ns + t.system_ns + t.irq_ns;
        u64 percent = passed <= 0 ? 0 : (busy - busy_ns_[cpu]) * 100 / static_cast<u64>(passed);
        busy_ns_[cpu] = busy;
        if (percent > 100) percent = 100;
        out.colour = kText;
        base::format_to(out, " {}:", cpu);
        out.colour = percent > 80 ? kBarHigh : kBar;
        // Eighths of a block: U+2581 to U+2588.
        out.put(static_cast<u16>(percent < 4 ? '.' : 0x2581 + percent * 7 / 100));
        base::format_to(out, "{:>3}%", percent);
    }
    last_ns_ = now;
}

}  // namespace drivers::console
