// Upcalls whose floors are not there yet. Weak: the real ones take their place; this file goes then.
#include "arch/upcalls.h"
#include "log/log.h"
#include "process/task.h"

extern "C" [[gnu::weak]] void on_return_to_user(arch::TrapFrame&) { log::panic("no user mode yet"); }

namespace process {
[[gnu::weak]] Task& current() { log::panic("no tasks yet"); }
}  // namespace process
