// Consoles: where log text goes. A registry without locks, so that it works in a panic and in an NMI.
// Callers: drivers register; log/ writes.
// Locks, context: write() in any context, NMI included; a console polls and never waits for ever.
#pragma once

#include <span>

#include "base/types.h"

namespace hw {

enum class ConsoleKind : u8 {
    kLog,    // wants whole records `<N>[   s.uuuuuu] text` and control lines that begin with @
    kHuman,  // wants `[   s.uuuuuu] text`, only up to the console log level
};

struct Console {
    const char* name = "";
    ConsoleKind kind = ConsoleKind::kHuman;
    void (*write)(Console& self, std::span<const char> text) = nullptr;
    // In a panic: stop using locks and interrupts. May be null.
    void (*enter_panic)(Console& self) = nullptr;
    Console* next = nullptr;  // the registry's
};

// Adds a console for good; `console` must live for ever. Any context; not twice.
void register_console(Console& console);
// The first of the list; follow `next`.
Console* first_console();

}  // namespace hw
