// The polled UART of the kernel log: a 16550 at 0x2f8 (National Semiconductor PC16550D data sheet).
// Callers: see early_console.h.
// Locks, context: any.
#include "arch/early_console.h"

#include "arch/pio.h"

namespace arch {
namespace {

constexpr u16 kPort = 0x2f8;
constexpr u16 kData = kPort, kInterruptEnable = kPort + 1, kFifoControl = kPort + 2, kLineControl = kPort + 3,
              kModemControl = kPort + 4, kLineStatus = kPort + 5;
constexpr u8 kTransmitEmpty = 0x20;
constexpr int kPatience = 100'000;  // polls: a port that is not there reads 0xff, one that hangs must not hang us

}  // namespace

void early_console_init() {
    out8(kInterruptEnable, 0);
    out8(kLineControl, 0x80);  // divisor latch: 115200 baud
    out8(kData, 1);
    out8(kInterruptEnable, 0);
    out8(kLineControl, 0x03);  // 8 data bits, 1 stop bit
    out8(kFifoControl, 0x07);
    out8(kModemControl, 0x0b);
}

void early_print(std::string_view text) {
    for (const char c : text) {
        for (int i = 0; i < kPatience && !(in8(kLineStatus) & kTransmitEmpty); ++i) {}
        out8(kData, static_cast<u8>(c));
    }
}

}  // namespace arch
