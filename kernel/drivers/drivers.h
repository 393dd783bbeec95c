// All drivers: set up in the order of their needs.
// Callers: main/, once, after file systems and buses.
// Locks, context: thread context.
#pragma once

#include "arch/boot_info.h"

namespace drivers {

// Each driver that fails is named in the log and left out. Reads the kernel's option console=NAME, of which the last
// says where /dev/console is; NAME is ttyS0, tty0 or tty1, anything behind a comma (a speed) is not looked at.
void init(const arch::BootInfo& boot);

}  // namespace drivers
