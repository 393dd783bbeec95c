// Framebuffers: what the boot loader set up, or a Bochs-style adapter (bochs-display, QEMU's std VGA) that we set up.
// Callers: drivers/console, main/.
// Locks, context: start-up, thread context.
// Source: QEMU docs/specs/standard-vga.txt.
#pragma once

#include "arch/boot_info.h"
#include "base/result.h"
#include "device/mmio.h"

namespace drivers::display {

// Pixels are 32 bits wide.
struct Framebuffer {
    device::MappedBytes memory;
    u32 width = 0, height = 0;
    u32 stride = 0;  // pixels from one row to the next
    u8 red_shift = 16, green_shift = 8, blue_shift = 0;

    u32 pixel(u8 red, u8 green, u8 blue) const {
        return u32{red} << red_shift | u32{green} << green_shift | u32{blue} << blue_shift;
    }
};

// ENODEV: this machine has none that we can use.
Result<Framebuffer> open_framebuffer(const arch::BootInfo& boot);

}  // namespace drivers::display
