// Ending the machine's run: power off, restart, and the emulator's exit port.
// Callers: process/ for reboot(2), log for panics; platform supplies the ways.
// Locks, context: any; none of them returns. When all ways fail the machine halts with a message on the consoles.
#pragma once

#include "base/types.h"

namespace hw {

struct PowerOperations {
    void (*power_off)() = nullptr;  // returns if it did not work
    void (*restart)() = nullptr;    // returns if it did not work
    // Ends the emulator with status (code << 1) | 1; returns where there is no such port. Null if not asked for.
    void (*debug_exit)(u8 code) = nullptr;
};
void set_power_operations(const PowerOperations& operations);

// debug_exit(0) if the command line asked for it (`exit=debug`), else the firmware's way, else halt.
[[noreturn]] void power_off();
[[noreturn]] void restart();
[[noreturn]] void halt();
// For panics: debug_exit(code) if asked for, else returns.
void debug_exit(u8 code);

}  // namespace hw
