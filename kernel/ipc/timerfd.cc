#include "ipc/timerfd.h"

#include "base/owner_of.h"

namespace ipc {

using sched::ClockTimer;

void TimerFile::on_expired(ClockTimer& timer, u64) {
    base::owner_of<&Waking::timer>(timer).expired.notify(object::kPollIn);
}

ClockTimer::Setting TimerFile::arm(ClockTimer::Clock clock, i64 at_ns, i64 interval_ns, bool cancel_on_set,
                                   u32 set_flags) {
    set_flags_.store(set_flags, std::memory_order_relaxed);
    return timer_.timer.arm(clock, at_ns, interval_ns, cancel_on_set);
}

ClockTimer::Setting TimerFile::disarm(i64 interval_ns, u32 set_flags) {
    set_flags_.store(set_flags, std::memory_order_relaxed);
    return timer_.timer.disarm(interval_ns);
}

Result<usize> TimerFile::read(object::IoCtx& ctx, vm::IoWriter& to) {
    if (to.remaining() < sizeof(u64)) return Errno::kINVAL;
    for (;;) {
        if (timer_.timer.take_change()) return Errno::kCANCELED;
        if (const u64 count = timer_.timer.take_expirations(); count != 0) {
            TRY(to.write_value(count));
            return sizeof(u64);
        }
        if (ctx.nonblock()) return Errno::kAGAIN;
        TRY(timer_.expired.queue.wait_interruptible([&] { return readable_now(); }));
    }
}

u32 TimerFile::poll(object::PollTable* table) {
    if (table != nullptr) table->watch(timer_.expired);
    return readable_now() ? abi::POLLIN : 0;
}

void TimerFile::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:[timerfd]"); }

void TimerFile::describe_info(base::FormatSink sink) {
    const ClockTimer::Setting s = setting();
    const std::array<base::FormatArgument, 7> arguments{
        base::format_argument(clock_id_),
        base::format_argument(timer_.timer.expirations()),
        base::format_argument(set_flags_.load(std::memory_order_relaxed)),
        base::format_argument(s.left_ns / 1'000'000'000),
        base::format_argument(s.left_ns % 1'000'000'000),
        base::format_argument(s.interval_ns / 1'000'000'000),
        base::format_argument(s.interval_ns % 1'000'000'000)};
    base::format_list(sink, "clockid: {}\nticks: {}\nsettime flags: 0{:o}\nit_value: ({}, {})\nit_interval: ({}, {})\n",
                      arguments);
}

}  // namespace ipc
