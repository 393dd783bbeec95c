// The machine's terminals: /dev/ttyS0, /dev/tty, /dev/console; registration of others.
// Callers: main/ at start-up; drivers of terminals.
// Locks, context: thread context.
#pragma once

#include "drivers/tty/terminal.h"

namespace drivers::tty {

// Linux's numbers.
inline constexpr u32 kTtyMajor = 4, kSerialFirstMinor = 64, kAuxMajor = 5, kConsoleMinor = 1, kPtmxMinor = 2;
inline constexpr u32 kPtyMajor = 136;

// Makes `terminal` /dev/NAME. It lives for ever.
Result<void> add(std::string_view name, Terminal& terminal);
// What /dev/console opens: the last call counts. Main calls it by the option console=.
void set_console(Terminal& terminal);

// /dev/ttyS0, /dev/tty, /dev/console (ttyS0 unless told otherwise).
Result<void> init();
// By name ("ttyS0", "tty1"): for console=. Null: not there.
Terminal* find(std::string_view name);

}  // namespace drivers::tty
