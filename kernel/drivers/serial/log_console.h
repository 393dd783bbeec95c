// The log's consoles on serial ports: whole records on ttyS1 for the host, text for people on ttyS0.
// Callers: main/ at start-up.
// Locks, context: boot CPU; polled, so usable before interrupts and memory.
#pragma once

#include <string_view>

namespace drivers::serial {

// Finds the four ports and registers ttyS1 as the log's console. Without a ttyS1, ttyS0 shows the log.
void init_log_console();
// The kernel's option console=ttyS0: the log for people on that port too. False: no such port.
bool add_console(std::string_view name);

}  // namespace drivers::serial
