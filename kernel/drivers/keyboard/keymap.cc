#include "drivers/keyboard/keymap.h"

#include <array>
#include <string_view>

#include "abi/linux/input_codes.h"

namespace drivers::keyboard {
namespace {

using namespace abi;

// Set 1 codes behind E0.
constexpr std::array<std::pair<u8, u16>, 24> kExtended = {{
    {0x1c, KEY_KPENTER},  {0x1d, KEY_RIGHTCTRL}, {0x35, KEY_KPSLASH},    {0x37, KEY_SYSRQ},    {0x38, KEY_RIGHTALT},
    {0x47, KEY_HOME},     {0x48, KEY_UP},        {0x49, KEY_PAGEUP},     {0x4b, KEY_LEFT},     {0x4d, KEY_RIGHT},
    {0x4f, KEY_END},      {0x50, KEY_DOWN},      {0x51, KEY_PAGEDOWN},   {0x52, KEY_INSERT},   {0x53, KEY_DELETE},
    {0x5b, KEY_LEFTMETA}, {0x5c, KEY_RIGHTMETA}, {0x5d, KEY_COMPOSE},    {0x5e, KEY_POWER},    {0x5f, KEY_SLEEP},
    {0x63, KEY_WAKEUP},   {0x20, KEY_MUTE},      {0x2e, KEY_VOLUMEDOWN}, {0x30, KEY_VOLUMEUP},
}};

// By key number from KEY_ESC (1) to KEY_SPACE (57); 0: sends nothing by itself.
constexpr std::string_view kPlain(
    "\0\x1b"
    "1234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ",
    58);
constexpr std::string_view kShifted(
    "\0\x1b"
    "!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ",
    58);
// KEY_KP7 (71) to KEY_KPDOT (83) with num lock.
constexpr std::string_view kKeypad = "789-456+1230.";
constexpr std::array<u16, 13> kKeypadKeys = {KEY_HOME, KEY_UP,   KEY_PAGEUP,   0,          KEY_LEFT,  0, KEY_RIGHT, 0,
                                             KEY_END,  KEY_DOWN, KEY_PAGEDOWN, KEY_INSERT, KEY_DELETE};

// What terminfo's "linux" entry expects.
std::string_view special(u16 key, bool application) {
    switch (key) {
        case KEY_UP: return application ? "\x1bOA" : "\x1b[A";
        case KEY_DOWN: return application ? "\x1bOB" : "\x1b[B";
        case KEY_RIGHT: return application ? "\x1bOC" : "\x1b[C";
        case KEY_LEFT: return application ? "\x1bOD" : "\x1b[D";
        case KEY_HOME: return "\x1b[1~";
        case KEY_INSERT: return "\x1b[2~";
        case KEY_DELETE: return "\x1b[3~";
        case KEY_END: return "\x1b[4~";
        case KEY_PAGEUP: return "\x1b[5~";
        case KEY_PAGEDOWN: return "\x1b[6~";
        case KEY_F1: return "\x1b[[A";
        case KEY_F2: return "\x1b[[B";
        case KEY_F3: return "\x1b[[C";
        case KEY_F4: return "\x1b[[D";
        case KEY_F5: return "\x1b[[E";
        case KEY_F6: return "\x1b[17~";
        case KEY_F7: return "\x1b[18~";
        case KEY_F8: return "\x1b[19~";
        case KEY_F9: return "\x1b[20~";
        case KEY_F10: return "\x1b[21~";
        case KEY_F11: return "\x1b[23~";
        case KEY_F12: return "\x1b[24~";
        case KEY_KPENTER: return "\r";
        case KEY_KPSLASH: return "/";
        case KEY_102ND: return "<";
        default: return {};
    }
}

usize put(std::string_view text, std::span<u8, Keymap::kMaxBytes> out) {
    usize n = 0;
    for (char c : text) out[n++] = static_cast<u8>(c);
    return n;
}

}  // namespace

std::optional<KeyEvent> ScanDecoder::feed(u8 byte) {
    if (skip_ > 0) {
        skip_--;
        return std::nullopt;
    }
    if (byte == 0xe0) {
        extended_ = true;
        return std::nullopt;
    }
    if (byte == 0xe1) {  // Pause: E1 1D 45 E1 9D C5
        skip_ = 5;
        return std::nullopt;
    }
    bool extended = extended_;
    extended_ = false;
    u8 code = byte & 0x7f;
    bool down = (byte & 0x80) == 0;
    if (!extended) {
        if (code == 0 || code > KEY_F12) return std::nullopt;
        return KeyEvent{code, down};
    }
    for (auto [scan, key] : kExtended)
        if (scan == code) return KeyEvent{key, down};
    return std::nullopt;  // also the fake shifts E0 2A and E0 36
}

usize Keymap::feed(KeyEvent e, bool application, std::span<u8, kMaxBytes> out) {
    switch (e.key) {
        case KEY_LEFTSHIFT: left_shift_ = e.down; return 0;
        case KEY_RIGHTSHIFT: right_shift_ = e.down; return 0;
        case KEY_LEFTCTRL: left_ctrl_ = e.down; return 0;
        case KEY_RIGHTCTRL: right_ctrl_ = e.down; return 0;
        case KEY_LEFTALT: left_alt_ = e.down; return 0;
        case KEY_RIGHTALT: right_alt_ = e.down; return 0;
        case KEY_CAPSLOCK: caps_ ^= e.down; return 0;
        case KEY_NUMLOCK: num_ ^= e.down; return 0;
        default: break;
    }
    if (!e.down) return 0;
    bool shift = left_shift_ || right_shift_, ctrl = left_ctrl_ || right_ctrl_;
    u16 key = e.key;
    char c = 0;
    if (key >= KEY_KP7 && key <= KEY_KPDOT) {
        usize i = static_cast<usize>(key - KEY_KP7);
        if (num_ != shift || kKeypadKeys[i] == 0) c = kKeypad[i];
        else key = kKeypadKeys[i];
    } else if (key < kPlain.size()) {
        c = shift ? kShifted[key] : kPlain[key];
        if (caps_ && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        else if (caps_ && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    if (c == 0) return put(special(key, application), out);
    if (key == KEY_TAB && shift) return put("\x1b[Z", out);
    u8 byte = static_cast<u8>(c);
    if (ctrl) {
        if (byte >= '@' && byte <= '~') byte &= 0x1f;
        else if (byte == ' ' || byte == '2') byte = 0;
        else if (byte >= '3' && byte <= '7') byte = static_cast<u8>(byte - '3' + 27);
        else if (byte == '/') byte = 31;
        else if (byte == '8') byte = 127;
    }
    usize n = 0;
    if (left_alt_) out[n++] = 27;
    out[n++] = byte;
    return n;
}

}  // namespace drivers::keyboard
