#include "drivers/keyboard/ps2.h"

#include <array>
#include <optional>

#include "arch/cpu.h"
#include "device/pio.h"
#include "drivers/keyboard/keymap.h"
#include "hw/irq.h"
#include "hw/random.h"
#include "log/log.h"
#include "sync/guarded.h"

namespace drivers::keyboard {
namespace {

constexpr device::Pio kData(0x60, 1), kControl(0x64, 1);
constexpr u8 kOutputFull = 1 << 0, kInputFull = 1 << 1, kFromMouse = 1 << 5;
// Controller commands.
constexpr u8 kReadConfig = 0x20, kWriteConfig = 0x60, kDisableMouse = 0xa7, kSelfTest = 0xaa, kDisableKeyboard = 0xad, kEnableKeyboard = 0xae;
constexpr u8 kConfigInterrupt = 1 << 0, kConfigMouseInterrupt = 1 << 1, kConfigClockOff = 1 << 4, kConfigTranslate = 1 << 6;
// Keyboard commands and answers.
constexpr u8 kEnableScanning = 0xf4, kAcknowledge = 0xfa, kSelfTestPassed = 0x55;
constexpr u8 kKeyboardIrq = 1;

struct State {
    ScanDecoder decoder;
    Keymap map;
};
constinit sync::Guarded<State, sync::SpinLock<sync::Rank::kInput, sync::kIrqOff>> g_state;
constinit void (*g_receive)(std::span<const u8>) = nullptr;
constinit bool (*g_application_cursor)() = nullptr;

constexpr int kTries = 5000;  // an access takes about a microsecond

bool wait_input_empty() {
    for (int i = 0; i < kTries; i++) {
        if ((kControl.read8(0) & kInputFull) == 0) return true;
        arch::pause();
    }
    return false;
}
std::optional<u8> read_data() {
    for (int i = 0; i < kTries; i++) {
        if ((kControl.read8(0) & kOutputFull) != 0) return kData.read8(0);
        arch::pause();
    }
    return std::nullopt;
}
bool command(u8 c) {
    if (!wait_input_empty()) return false;
    kControl.write8(0, c);
    return true;
}
bool write_data(u8 value) {
    if (!wait_input_empty()) return false;
    kData.write8(0, value);
    return true;
}
void drain() {
    for (int i = 0; i < 64 && (kControl.read8(0) & kOutputFull) != 0; i++) kData.read8(0);
}

bool handle_byte() {
    u8 status = kControl.read8(0);
    if ((status & kOutputFull) == 0) return false;
    u8 byte = kData.read8(0);
    if ((status & kFromMouse) != 0) return true;
    bool application = g_application_cursor();
    std::array<u8, Keymap::kMaxBytes> out;
    usize n = 0;
    {
        auto s = g_state.lock();
        if (auto event = s->decoder.feed(byte)) n = s->map.feed(*event, application, out);
    }
    if (n != 0) g_receive(std::span(out).first(n));
    hw::random::stir(std::span(&byte, 1));  // mostly for the moment, which stir() adds
    return true;
}
bool on_interrupt(void*) {
    bool any = false;
    while (handle_byte()) any = true;
    return any;
}
constinit hw::irq::Action g_action{.handler = &on_interrupt, .name = "keyboard"};

bool set_up_controller() {
    if (!command(kDisableKeyboard) || !command(kDisableMouse)) return false;
    drain();
    if (!command(kSelfTest) || read_data() != kSelfTestPassed) return false;
    if (!command(kReadConfig)) return false;
    auto config = read_data();
    if (!config) return false;
    u8 wanted = (*config | kConfigTranslate) & static_cast<u8>(~(kConfigInterrupt | kConfigMouseInterrupt | kConfigClockOff));
    if (!command(kWriteConfig) || !write_data(wanted) || !command(kEnableKeyboard)) return false;
    if (!write_data(kEnableScanning)) return false;
    auto answer = read_data();
    if (answer != kAcknowledge) log::warn("keyboard: no answer from the keyboard; one that is plugged in later works");
    return command(kWriteConfig) && write_data(wanted | kConfigInterrupt);
}

}  // namespace

bool init(void (*receive)(std::span<const u8>), bool (*application_cursor)()) {
    if (kControl.read8(0) == 0xff) return false;  // no controller: nothing decodes the port
    g_receive = receive;
    g_application_cursor = application_cursor;
    if (!set_up_controller()) {
        log::warn("keyboard: the PS/2 controller does not answer: no keyboard");
        return false;
    }
    auto requested = hw::irq::request_isa(kKeyboardIrq, g_action);
    if (!requested.ok()) log::warn("keyboard: no interrupt ({}): keys are not seen", requested.error());
    drain();  // what came meanwhile would hold the line up and hide the first edge
    return requested.ok();
}

}  // namespace drivers::keyboard
