// The PS/2 controller and its keyboard.
// Callers: drivers/console.
// Locks, context: init() in thread context; `receive` is called in interrupt context.
// Source: IBM PS/2 Technical Reference, keyboard controller.
#pragma once

#include <span>

#include "base/types.h"

namespace drivers::keyboard {

// Keys pressed from now on go to `receive` as a terminal's bytes. Where there is no controller or it does not answer:
// a message (or nothing) and false. No wait is longer than some milliseconds.
bool init(void (*receive)(std::span<const u8> bytes), bool (*application_cursor)());

}  // namespace drivers::keyboard
