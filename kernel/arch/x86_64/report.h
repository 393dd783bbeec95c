// Readable reports of exceptions, and the stack walk: text is given line by line to a callback.
// Callers: log's panic and main's exception handling.
// Locks, context: any, also NMI; touches only what `readable` allows.
#pragma once

#include <span>
#include <string_view>

#include "arch/trap.h"

namespace arch {

// Takes one line without its newline. `context` is the caller's.
using LineSink = void (*)(void* context, std::string_view line);
// True if [address, address + size) may be read by the kernel now.
using ReadableCheck = bool (*)(u64 address, usize size);

// Name of the vector, decoded error code, all registers, control registers and the bytes around rip.
void report_exception(const TrapFrame& frame, u8 vector, u64 error, u64 fault_addr, ReadableCheck readable,
                      LineSink sink, void* context);

// Whether the invalid instruction at `rip` is kCFI's: an indirect call of a function of another type.
bool is_cfi_trap(u64 rip);

// Return addresses of the frame-pointer chain from `rbp`, innermost first; the number found. Stops at the first
// frame pointer that is not readable, not aligned or not above the last.
usize walk_stack(u64 rbp, std::span<u64> addresses, auto readable) {
    usize count = 0;
    while (count < addresses.size() && rbp != 0 && (rbp & 7) == 0 && readable(rbp, usize{16})) {
        const u64* frame = reinterpret_cast<const u64*>(rbp);  // aligned and readable: {caller's rbp, return address}
        if (frame[1] == 0) break;
        addresses[count++] = frame[1];
        if (frame[0] <= rbp) break;
        rbp = frame[0];
    }
    return count;
}

}  // namespace arch
