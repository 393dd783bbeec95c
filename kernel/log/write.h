// Inside log/: what panic needs of the writer.
// Callers: log/panic.cc.
// Locks, context: a panic.
#pragma once

namespace log::detail {

// Frees the ring's lock, tells the consoles, and sends what is pending.
void enter_panic();

}  // namespace log::detail
