#include "process/user_dispatch.h"

#include "abi/linux/prctl.h"
#include "process/exit.h"
#include "process/seccomp.h"
#include "process/signal.h"
#include "process/wait_status.h"

namespace process {

Result<void> set_user_dispatch(Task& self, u64 start, u64 length, UserAddr selector) {
    if (start != 0 && start + length <= start) return Errno::kINVAL;
    if (selector.value >= kUserLimit) return Errno::kFAULT;
    self.user_dispatch = {.start = start, .length = length, .selector = selector};
    self.syscall_work.fetch_or(kSyscallDispatch, std::memory_order_relaxed);
    return {};
}

void clear_user_dispatch(Task& self) {
    self.user_dispatch = {};
    self.syscall_work.fetch_and(~kSyscallDispatch, std::memory_order_relaxed);
}

bool user_dispatch_admits(Task& self, arch::TrapFrame& frame) {
    const UserDispatch& d = self.user_dispatch;
    if (frame.rip - d.start < d.length) return true;
    if (!d.selector.is_null()) {
        const Result<u8> state = vm::UserIn<u8>(d.selector).fetch();
        if (!state.ok()) exit_group(self, status_of_signal(abi::SIGSEGV, false));
        if (state.value() == abi::SYSCALL_DISPATCH_FILTER_ALLOW) return true;
        if (state.value() != abi::SYSCALL_DISPATCH_FILTER_BLOCK) exit_group(self, status_of_signal(abi::SIGSYS, false));
    }
    // As if the call had not begun: tracers do not hear of it either.
    frame.rax = frame.orig_rax;
    force_signal(self, call_signal(self, frame, abi::SYS_USER_DISPATCH, 0));
    return false;
}

}  // namespace process
