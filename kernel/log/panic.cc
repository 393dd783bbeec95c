#include "arch/cpu.h"
#include "arch/image.h"
#include "arch/report.h"
#include "arch/user_copy.h"
#include "hw/ipi.h"
#include "hw/power.h"
#include "log/log.h"
#include "log/symbols.h"
#include "log/write.h"
#include "sync/lockdep.h"

namespace log {
namespace {

constexpr u32 kNobody = ~0u;
constexpr u8 kExitCode = 1;
constinit std::atomic<u32> panic_cpu{kNobody};
constinit std::atomic<void (*)(FixedString<128>&)> context_printer{nullptr};
constinit std::atomic<bool (*)(u64, usize)> readable_check{nullptr};

bool readable(u64 address, usize size) {
    if (auto check = readable_check.load(std::memory_order_acquire)) return check(address, size);
    constexpr u64 kUpperHalf = 0xffff'8000'0000'0000;
    return address >= kUpperHalf && address + size > address;
}

[[noreturn]] void stop() {
    control("@panic");
    hw::debug_exit(kExitCode);
    arch::halt_forever();
}

void print_line(void*, std::string_view line) { emit(Level::kEmergency, line); }

void print_place() {
    FixedString<128> thread;
    if (auto printer = context_printer.load(std::memory_order_acquire)) printer(thread);
    write(Level::kEmergency, "on CPU {}, thread {}", arch::cpu_id(), thread.size() > 0 ? thread.view() : "none");
}

}  // namespace

bool panicking() { return panic_cpu.load(std::memory_order_relaxed) != kNobody; }

void panic_text(std::string_view text, const arch::TrapFrame* frame, u8 vector, u64 error, u64 fault_address) {
    arch::irq_disable();
    u32 expected = kNobody;
    if (!panic_cpu.compare_exchange_strong(expected, arch::cpu_id(), std::memory_order_acq_rel)) {
        if (expected != arch::cpu_id()) arch::halt_forever();
        // A panic while panicking: say so with the least machinery, once.
        static constinit std::atomic<bool> again{false};
        if (again.exchange(true)) stop();
        write(Level::kEmergency, "panic within the panic: {}", text);
        stop();
    }
    sync::lockdep::disable();
    hw::stop_other_cpus();
    detail::enter_panic();
    write(Level::kEmergency, "panic: {}", text);
    print_place();
    if (frame != nullptr) {
        arch::report_exception(*frame, vector, error, fault_address, &readable, &print_line, nullptr);
        write_symbol(Level::kEmergency, frame->rip);
        backtrace_from(frame->rbp, Level::kEmergency);
    } else {
        backtrace_from(arch::frame_pointer(), Level::kEmergency);
    }
    emit(Level::kEmergency, "panic: end");
    stop();
}

void write_symbol(Level level, u64 address) {
    const Symbol symbol = find_symbol(address);
    if (symbol.name.empty()) {
        write(level, "  {:#x}", address);
    } else {
        write(level, "  {}+{:#x} ({:#x})", symbol.name, symbol.offset, address - arch::image_slide());
    }
}

void backtrace_from(u64 frame_pointer, Level level) {
    std::array<u64, 32> addresses{};
    const usize count = arch::walk_stack(frame_pointer, addresses, &readable);
    emit(level, "call chain:");
    // A return address stands behind its call: one byte back is inside the caller.
    for (u64 address : std::span(addresses).first(count)) write_symbol(level, address - 1);
}

void backtrace(Level level) { backtrace_from(arch::frame_pointer(), level); }

void set_context_printer(void (*printer)(FixedString<128>& out)) {
    context_printer.store(printer, std::memory_order_release);
}
void set_readable_check(bool (*check)(u64 address, usize size)) {
    readable_check.store(check, std::memory_order_release);
}

}  // namespace log

void assertion_failed(const char* expression, const char* file, int line) {
    log::panic("assertion failed: {} at {}:{}", expression, file, line);
}

void must_failed(Errno e, const char* reason) { log::panic("{}: {}", reason, e); }
