// The kernel's log: leveled records in a ring of 128 KiB, written on to the consoles; panic, backtrace.
// Callers: every floor.
// Locks, context: any, NMI included. Takes only the log's own innermost lock; never sleeps.
#pragma once

#include <span>
#include <string_view>

#include "base/format.h"
#include "base/string.h"

namespace arch {
struct TrapFrame;
}

namespace log {

// syslog(3)'s numbers.
enum class Level : u8 { kEmergency = 0, kAlert, kCritical, kError, kWarning, kNotice, kInfo, kDebug };

inline constexpr usize kMaxText = 1000;  // bytes of one record's text; longer ones are cut

// Adds one record to the ring and sends it to the consoles. Newlines inside split it for the consoles.
void emit(Level level, std::string_view text);

template <typename... Args>
void write(Level level, base::FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    FixedString<kMaxText> text;
    base::format_to(text, format, args...);
    emit(level, text.view());
}
template <typename... Args>
void error(base::FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    write<Args...>(Level::kError, format, args...);
}
template <typename... Args>
void warn(base::FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    write<Args...>(Level::kWarning, format, args...);
}
template <typename... Args>
void info(base::FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    write<Args...>(Level::kInfo, format, args...);
}
template <typename... Args>
void debug(base::FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    write<Args...>(Level::kDebug, format, args...);
}

// Stops the other CPUs once, prints `text`, a backtrace and `@panic`, and ends the machine's run. A second panic on
// the same CPU stops at once; other CPUs' panics wait for ever.
[[noreturn]] void panic_text(std::string_view text, const arch::TrapFrame* frame = nullptr, u8 vector = 0,
                             u64 error = 0, u64 fault_address = 0);
template <typename... Args>
[[noreturn]] void panic(base::FormatString<std::type_identity_t<Args>...> format, const Args&... args) {
    FixedString<kMaxText> text;
    base::format_to(text, format, args...);
    panic_text(text.view());
}
bool panicking();

// The call chain from here, or from a frame pointer, symbolised, one record a line.
void backtrace(Level level = Level::kInfo);
void backtrace_from(u64 frame_pointer, Level level);
// One code address with its name.
void write_symbol(Level level, u64 address);

// A control line (`@exit 0`, `@ready`) to the consoles that take whole records; not kept in the ring.
void control(std::string_view line);

// Consoles of human kind get records of a level below this (the option loglevel=; 7 at first). dmesg -n sets it.
u8 console_level();
void set_console_level(u8 level);

// The ring, for /dev/kmsg and syslog(2).
struct Record {
    u64 sequence = 0;  // of this record; the next one is +1
    i64 time_ns = 0;   // since boot
    Level level = Level::kInfo;
    usize text_size = 0;  // bytes stored in the caller's buffer
};
// The first record whose sequence is >= `from`; ENODATA when there is none yet. A `from` that has been overwritten
// gives the oldest one kept.
Result<Record> read(u64 from, std::span<char> text);
u64 first_sequence();
u64 next_sequence();

// Names the running thread in a panic: called with a sink, set by sched.
void set_context_printer(void (*printer)(FixedString<128>& out));
// Whether the kernel may read [address, address + size): for stack walks and code dumps; set by memory or vm. Until
// then the image and everything in the upper half is taken to be readable.
void set_readable_check(bool (*check)(u64 address, usize size));

}  // namespace log
