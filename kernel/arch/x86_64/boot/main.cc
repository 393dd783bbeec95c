// The boot CPU at the image's final address: CPU tables, early console, then the kernel proper.
// Callers: boot/entry.S.
// Locks, context: one CPU, interrupts off, boot stack.
#include "arch/boot/boot.h"
#include "arch/cpu.h"
#include "arch/early_console.h"

namespace arch {

extern "C" [[noreturn]] void boot_main() {
    set_gs_base(boot_cpu_local());
    early_console_init();
    set_stack_canary(boot_cpu_local(), boot_random());
    cpu_init(boot_cpu_local());
    kernel_start(boot_info);
}

}  // namespace arch
