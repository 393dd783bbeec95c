// Keyboard scan codes (set 1, as the PC's controller translates them) to keys, and keys to what a terminal sends. Pure.
// Callers: drivers/keyboard, host tests.
// Locks, context: none of its own; the owner serialises.
// Source: IBM PS/2 Technical Reference, keyboard; console_codes(4), keymaps of a US keyboard.
#pragma once

#include <optional>
#include <span>

#include "base/types.h"

namespace drivers::keyboard {

// Linux's KEY_* numbers (input-event-codes.h): set 1 without prefix is the same for the main block.
struct KeyEvent {
    u16 key = 0;
    bool down = false;
};

// Takes the controller's bytes one by one.
class ScanDecoder {
  public:
    std::optional<KeyEvent> feed(u8 byte);

  private:
    bool extended_ = false;
    u8 skip_ = 0;  // bytes of the Pause key that are left
};

// Keys to bytes, with the state of shift, control, alt and the lock keys.
class Keymap {
  public:
    static constexpr usize kMaxBytes = 8;
    // Bytes for a terminal; 0 for keys that send nothing. `application_cursor`: DECCKM.
    usize feed(KeyEvent event, bool application_cursor, std::span<u8, kMaxBytes> out);
    bool caps_lock() const { return caps_; }

  private:
    bool left_shift_ = false, right_shift_ = false, left_ctrl_ = false, right_ctrl_ = false;
    bool left_alt_ = false, right_alt_ = false, caps_ = false, num_ = true;
};

}  // namespace drivers::keyboard
