#include "hw/clock.h"

#include <atomic>

#include "arch/cpu.h"

namespace hw {
namespace {
u64 read_raw_tsc() { return arch::rdtsc(); }
void arm_nothing(Instant, Instant) {}
void disarm_nothing() {}
void handle_nothing() {}

// Written by the boot CPU alone before others run and before interrupts; so plain objects behind a pointer.
constinit ClockSource g_early{.name = "early", .hz = 1'000'000'000, .read = &read_raw_tsc, .is_tsc = true};
constinit ClockSource g_source{};
constinit std::atomic<const ClockSource*> g_current{&g_early};
constinit ClockEvent g_event{.name = "none", .arm = &arm_nothing, .disarm = &disarm_nothing};
constinit std::atomic<void (*)()> g_event_handler{&handle_nothing};
constinit std::atomic<i64 (*)()> g_wall_clock{nullptr};
}  // namespace

const ClockSource& clock_source() { return *g_current.load(std::memory_order_acquire); }
void set_clock_source(const ClockSource& source) {
    g_source = source;
    g_current.store(&g_source, std::memory_order_release);
}

const ClockEvent& clock_event() { return g_event; }
void set_clock_event(const ClockEvent& event) { g_event = event; }
void set_clock_event_handler(void (*handler)()) { g_event_handler.store(handler, std::memory_order_release); }
void clock_event_fired() { g_event_handler.load(std::memory_order_acquire)(); }

i64 read_wall_clock() {
    auto reader = g_wall_clock.load(std::memory_order_acquire);
    return reader == nullptr ? 0 : reader();
}
void set_wall_clock_reader(i64 (*reader)()) { g_wall_clock.store(reader, std::memory_order_release); }

}  // namespace hw
