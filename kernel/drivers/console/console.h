// The machine's own screen: /dev/tty1 on a framebuffer, the log's text, a status line; keys come from drivers/keyboard.
// Callers: main/ at start-up.
// Locks, context: thread context; Rank::kDisplay inside for the picture. A thread of its own draws.
#pragma once

#include "arch/boot_info.h"
#include "base/result.h"

namespace drivers::console {

// Sets up screen, terminal and keyboard. Nothing, and no error, where there is no framebuffer.
Result<void> init(const arch::BootInfo& boot);

}  // namespace drivers::console
