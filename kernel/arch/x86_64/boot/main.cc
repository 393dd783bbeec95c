// The boot CPU at the image's final address: CPU tables, early console, then the kernel proper.
// Callers: boot/entry.S.
// Locks, context: one CPU, interrupts off, boot stack.
#include "arch/boot/boot.h"
#include "arch/cpu.h"
#include "arch/early_console.h"
#include "arch/pio.h"

namespace arch {

namespace {

// Firmware leaves its timer interrupt on, at the vector of the double fault. Masks both 8259s.
void mask_legacy_interrupts() {
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}

}  // namespace

extern "C" [[noreturn]] void boot_main() {
    mask_legacy_interrupts();
    set_gs_base(boot_cpu_local());
    early_console_init();
    set_stack_canary(boot_cpu_local(), boot_random());
    cpu_init(boot_cpu_local());
    kernel_start(boot_info);
}

}  // namespace arch
