#include "drivers/serial/uart.h"

#include <array>

#include "arch/cpu.h"
#include "log/log.h"
#include "time/clock.h"

namespace drivers::serial {
namespace {

enum Reg : u16 {
    kData = 0,
    kInterruptEnable = 1,
    kInterruptId = 2,
    kFifo = 2,
    kLine = 3,
    kModem = 4,
    kLineStatus = 5,
    kScratch = 7
};
constexpr u8 kReceived = 1 << 0, kEmptied = 1 << 1;            // enable bits
constexpr u8 kDataReady = 1 << 0, kTransmitterEmpty = 1 << 5;  // line status
constexpr u8 kNoInterrupt = 1 << 0;                            // identification
constexpr usize kFifoSize = 16;

constinit std::array<Uart, kPorts> g_ports = {Uart(0x3f8, 4, "ttyS0"), Uart(0x2f8, 3, "ttyS1"), Uart(0x3e8, 4, "ttyS2"),
                                              Uart(0x2e8, 3, "ttyS3")};

}  // namespace

Uart& port(usize index) { return g_ports.at(index); }

bool Uart::init() {
    // A port that is not there reads as all ones and remembers nothing.
    ports_.write8(kScratch, 0x5a);
    bool first = ports_.read8(kScratch) == 0x5a;
    ports_.write8(kScratch, 0xa5);
    if (!first || ports_.read8(kScratch) != 0xa5) return false;
    ports_.write8(kInterruptEnable, 0);
    ports_.write8(kLine, 0x80);  // divisor latch
    ports_.write8(kData, 1);     // 115200 baud
    ports_.write8(kInterruptEnable, 0);
    ports_.write8(kLine, 0x03);   // 8n1
    ports_.write8(kFifo, 0x07);   // on, cleared, interrupt at the first byte
    ports_.write8(kModem, 0x0b);  // DTR, RTS, and OUT2, which lets interrupts through on a PC
    present_ = true;
    return true;
}

bool Uart::room() const { return (ports_.read8(kLineStatus) & kTransmitterEmpty) != 0; }

void Uart::set_interrupts(State& s, u8 value) {
    if (s.interrupts == value) return;
    s.interrupts = value;
    ports_.write8(kInterruptEnable, value);
}

usize Uart::try_send(std::span<const u8> bytes) {
    if (!present_) return bytes.size();
    auto s = state_.lock();
    if (!room()) return 0;
    // The FIFO is empty: it takes all of its size without another look.
    usize n = bytes.size() < kFifoSize ? bytes.size() : kFifoSize;
    for (u8 b : bytes.first(n)) ports_.write8(kData, b);
    return n;
}

Result<void> Uart::send(std::span<const u8> bytes, usize& sent) {
    sent = 0;
    while (sent < bytes.size()) {
        usize n = try_send(bytes.subspan(sent));
        for (int spin = 0; n == 0 && spin < 50; spin++) {
            arch::pause();
            n = try_send(bytes.subspan(sent));
        }
        sent += n;
        if (n != 0) continue;
        {
            auto s = state_.lock();
            set_interrupts(*s, s->interrupts | kEmptied);
        }
        // The time limit stands in for an interrupt that was lost or is not wired.
        auto woken = room_.wait_interruptible([this] { return room(); }, time::now() + Duration::milliseconds(20));
        if (!woken.ok() && woken.error() != Errno::kTIMEDOUT) return woken;
    }
    return {};
}

void Uart::send_now(std::span<const char> bytes) {
    if (!present_) return;
    usize free = 0;
    for (char c : bytes) {
        if (free == 0) {
            for (u32 spin = 0; !room(); spin++) {
                if (spin == 20'000) return;  // an access takes a microsecond or so
                arch::pause();
            }
            free = kFifoSize;
        }
        ports_.write8(kData, static_cast<u8>(c));
        free--;
    }
}

// True if anything was taken.
bool Uart::receive_all() {
    bool any = false;
    // Bounded: a port that is stuck must not hold the CPU.
    for (int i = 0; i < 4096; i++) {
        u8 byte = 0;
        {
            auto s = state_.lock();
            if (s->held) {
                byte = s->held_byte;
                s->held = false;
            } else if ((ports_.read8(kLineStatus) & kDataReady) != 0) {
                byte = ports_.read8(kData);
            } else {
                return any;
            }
        }
        if (!receiver_(receiver_context_, byte)) {
            auto s = state_.lock();
            s->held = true;
            s->held_byte = byte;
            set_interrupts(*s, s->interrupts & static_cast<u8>(~kReceived));
            return any;
        }
        any = true;
    }
    return any;
}

bool Uart::on_interrupt() {
    if ((ports_.read8(kInterruptId) & kNoInterrupt) != 0) return false;
    bool receiving = false, emptied = false;
    {
        auto s = state_.lock();
        receiving = (s->interrupts & kReceived) != 0;
        if ((s->interrupts & kEmptied) != 0 && room()) {
            set_interrupts(*s, s->interrupts & static_cast<u8>(~kEmptied));
            emptied = true;
        }
    }
    if (emptied) room_.wake_all();
    bool received = receiving && receive_all();
    return emptied || received;
}

Result<void> Uart::enable_receive(Receiver receiver, void* context) {
    if (!present_) return Errno::kNODEV;
    if (receiver_ != nullptr) return Errno::kBUSY;
    receiver_ = receiver;
    receiver_context_ = context;
    action_.handler = [](void* self) { return static_cast<Uart*>(self)->on_interrupt(); };
    action_.context = this;
    action_.name = name_;
    TRY(hw::irq::request_isa(irq_, action_));
    auto s = state_.lock();
    set_interrupts(*s, s->interrupts | kReceived);
    return {};
}

void Uart::resume_receive() {
    if (receiver_ == nullptr) return;
    bool held = false;
    {
        auto s = state_.lock();
        if ((s->interrupts & kReceived) != 0) return;
        held = s->held;
    }
    if (held) {
        // Alone: interrupts for received bytes are off, so nobody else takes the byte.
        receive_all();
    }
    auto s = state_.lock();
    if (!s->held) set_interrupts(*s, s->interrupts | kReceived);
}

}  // namespace drivers::serial
