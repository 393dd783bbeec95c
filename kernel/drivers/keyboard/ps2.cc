#include "drivers/keyboard/ps2.h"

#include <array>
#include <optional>

#include "arch/cpu.h"
#include "base/own.h"
#include "device/pio.h"
#include "drivers/keyboard/keymap.h"
#include "hw/irq.h"
#include "hw/random.h"
#include "log/log.h"
#include "sched/actor.h"

namespace drivers::keyboard {
namespace {

using sched::Async;

constexpr device::Pio kData(0x60, 1), kControl(0x64, 1);
constexpr u8 kOutputFull = 1 << 0, kInputFull = 1 << 1, kFromMouse = 1 << 5;
// Controller commands.
constexpr u8 kReadConfig = 0x20, kWriteConfig = 0x60, kDisableMouse = 0xa7, kSelfTest = 0xaa, kDisableKeyboard = 0xad,
             kEnableKeyboard = 0xae;
constexpr u8 kConfigInterrupt = 1 << 0, kConfigMouseInterrupt = 1 << 1, kConfigClockOff = 1 << 4,
             kConfigTranslate = 1 << 6;
// Keyboard commands and answers.
constexpr u8 kEnableScanning = 0xf4, kAcknowledge = 0xfa, kSelfTestPassed = 0x55;
constexpr u8 kKeyboardIrq = 1;

// What the interrupt hands over. The line is routed to CPU 0 (hw::irq), so the actor lives there.
constexpr u32 kInboxBytes = 128, kInterruptCpu = 0;

// Decodes what the controller sent, in thread context.
class Keyboard final : public sched::Actor<u8, kInboxBytes> {
  public:
    explicit Keyboard(const Listener& listener)
        : Actor({.name = "keyboard", .cpu = kInterruptCpu}), listener_(listener) {}
    void info(base::FormatSink sink) const override {
        FixedString<64> text;
        base::format_to(text, "PS/2, {} keys{}", keys_.load(std::memory_order_relaxed),
                        caps_lock_.load(std::memory_order_relaxed) ? ", caps lock" : "");
        sink.write(sink.self, text.view());
    }

  protected:
    Async<void> start() override;
    Async<void> message(const u8& byte) override;

  private:
    Listener listener_;
    ScanDecoder decoder_;
    Keymap map_;
    std::atomic<u64> keys_{0};
    std::atomic<bool> caps_lock_{false};
};
constinit Keyboard* g_keyboard = nullptr;  // set before its interrupt is requested; lives for ever

// An access takes about a microsecond: first without rest, then, for a controller that is slow, with.
constexpr int kQuickTries = 50, kTries = 100;
constexpr Duration kRest = Duration::microseconds(100);

// EIO: it did not come to that.
Async<void> wait_status(u8 mask, u8 wanted) {
    for (int i = 0; i < kTries; i++) {
        if ((kControl.read8(0) & mask) == wanted) co_return {};
        if (i < kQuickTries) {
            arch::pause();
        } else {
            co_await sched::async_sleep_for(kRest);
        }
    }
    co_return Errno::kIO;
}
Async<u8> read_data() {
    CO_TRY(co_await wait_status(kOutputFull, kOutputFull));
    co_return kData.read8(0);
}
Async<void> command(u8 c) {
    CO_TRY(co_await wait_status(kInputFull, 0));
    kControl.write8(0, c);
    co_return {};
}
Async<void> write_data(u8 value) {
    CO_TRY(co_await wait_status(kInputFull, 0));
    kData.write8(0, value);
    co_return {};
}
void drain() {
    for (int i = 0; i < 64 && (kControl.read8(0) & kOutputFull) != 0; i++) kData.read8(0);
}

Async<void> Keyboard::start() {
    CO_TRY(co_await command(kDisableKeyboard));
    CO_TRY(co_await command(kDisableMouse));
    drain();
    CO_TRY(co_await command(kSelfTest));
    if (CO_TRY(co_await read_data()) != kSelfTestPassed) co_return Errno::kIO;
    CO_TRY(co_await command(kReadConfig));
    const u8 config = CO_TRY(co_await read_data());
    const u8 wanted =
        (config | kConfigTranslate) & static_cast<u8>(~(kConfigInterrupt | kConfigMouseInterrupt | kConfigClockOff));
    CO_TRY(co_await command(kWriteConfig));
    CO_TRY(co_await write_data(wanted));
    CO_TRY(co_await command(kEnableKeyboard));
    CO_TRY(co_await write_data(kEnableScanning));
    const Result<u8> answer = co_await read_data();
    if (!answer.ok() || *answer != kAcknowledge)
        log::warn("keyboard: no answer from the keyboard; one that is plugged in later works");
    CO_TRY(co_await command(kWriteConfig));
    co_return co_await write_data(wanted | kConfigInterrupt);
}

Async<void> Keyboard::message(const u8& byte) {
    const std::optional<KeyEvent> event = decoder_.feed(byte);
    if (!event) co_return {};
    std::array<u8, Keymap::kMaxBytes> out;
    const usize n = map_.feed(*event, listener_.application_cursor(), out);
    caps_lock_.store(map_.caps_lock(), std::memory_order_relaxed);
    if (event->down) keys_.fetch_add(1, std::memory_order_relaxed);
    if (n != 0) listener_.receive(std::span(out).first(n));
    co_return {};
}

bool on_interrupt(void*) {
    bool any = false;
    for (u8 status = kControl.read8(0); (status & kOutputFull) != 0; status = kControl.read8(0)) {
        const u8 byte = kData.read8(0);
        any = true;
        if ((status & kFromMouse) != 0) continue;
        g_keyboard->post(byte);
        hw::random::stir(std::span(&byte, 1));  // mostly for the moment, which stir() adds
    }
    return any;
}
constinit hw::irq::Action g_action{.handler = &on_interrupt, .name = "keyboard"};

}  // namespace

Result<void> init(const Listener& listener) {
    if (kControl.read8(0) == 0xff) return Errno::kNODEV;  // no controller: nothing decodes the port
    Own<Keyboard> keyboard = TRY(make_own<Keyboard>(listener));
    TRY(keyboard->launch());
    g_keyboard = keyboard.release();
    TRY(hw::irq::request_isa(kKeyboardIrq, g_action));
    drain();  // what came meanwhile would hold the line up and hide the first edge
    return {};
}

}  // namespace drivers::keyboard
