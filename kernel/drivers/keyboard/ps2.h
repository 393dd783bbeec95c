// The PS/2 controller and its keyboard: an actor, to which the interrupt posts scan codes.
// Callers: drivers/console.
// Locks, context: init() in thread context; the listener is called in the actor and must not block.
// Source: IBM PS/2 Technical Reference, keyboard controller.
#pragma once

#include <span>

#include "base/result.h"

namespace drivers::keyboard {

struct Listener {
    void (*receive)(std::span<const u8> bytes);  // what a terminal gets for a key
    bool (*application_cursor)();                // DECCKM: which bytes cursor keys give
};

// Keys pressed from now on go to `listener`. ENODEV: there is no controller. EIO: it does not answer, within
// some tens of milliseconds.
Result<void> init(const Listener& listener);

}  // namespace drivers::keyboard
