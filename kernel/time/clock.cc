#include "time/clock.h"

#include "hw/clock.h"
#include "sync/seqlock.h"
#include "time/vdso/update.h"

namespace time {

namespace detail {
constinit Source source{.scale = {.mult = Scale::mult_for(1'000'000'000)}};
constinit std::atomic<i64> realtime_offset{0};

i64 slow_now() { return source.scale.to_ns(source.read_counter()); }
}  // namespace detail

namespace {
constinit sync::SpinLock<sync::Rank::kClock, sync::kIrqOff> set_lock;
constinit std::atomic<u32> generation{0};
constinit std::atomic<void (*)()> realtime_hook{nullptr};
constinit u64 hz = 1'000'000'000;

void publish() {
    vdso::update(detail::source.scale, source_is_tsc(), detail::realtime_offset.load(std::memory_order_relaxed));
}
}  // namespace

void init() {
    const hw::ClockSource& found = hw::clock_source();
    if (found.hz == 0 || found.read == nullptr) return;
    detail::Source fresh{.scale = {.mult = Scale::mult_for(found.hz),
                                   .base_count = found.read() & found.mask,
                                   .base_ns = now().ns,
                                   .mask = found.mask},
                         .read_counter = found.is_tsc ? nullptr : found.read};
    detail::source = fresh;
    hz = found.hz;
    const i64 seconds = hw::read_wall_clock();
    detail::realtime_offset.store(seconds * 1'000'000'000 - now().ns, std::memory_order_relaxed);
    publish();
}

void set_realtime(i64 ns) {
    {
        sync::SpinGuard guard(set_lock);
        detail::realtime_offset.store(ns - now().ns, std::memory_order_relaxed);
        generation.fetch_add(1, std::memory_order_release);
        publish();
    }
    if (auto hook = realtime_hook.load(std::memory_order_acquire)) hook();
}

void set_realtime_hook(void (*hook)()) { realtime_hook.store(hook, std::memory_order_release); }
u32 realtime_generation() { return generation.load(std::memory_order_acquire); }
u64 source_hz() { return hz; }
bool source_is_tsc() { return detail::source.read_counter == nullptr; }

void delay(Duration d) {
    const Instant end = now() + d;
    while (now() < end) arch::pause();
}

}  // namespace time
