// The kernel log's port (ttyS1, 0x2f8), polled: for text before there is a log and for panics.
// Callers: boot, log's earliest output and panic, exception reports.
// Locks, context: any; callers serialise.
#pragma once

#include <string_view>

namespace arch {

void early_console_init();
void early_print(std::string_view text);

}  // namespace arch
