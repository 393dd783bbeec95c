// The page-fault entry, and the start of vm.
#include "arch/cpu.h"
#include "arch/cpu_local.h"
#include "hw/ipi.h"
#include "memory/page_allocator.h"
#include "sched/scheduler.h"
#include "sched/thread.h"
#include "vm/address_space.h"
#include "vm/commit.h"
#include "vm/zero_page.h"

namespace vm {

namespace detail {
constinit PhysAddr zero_page_address;
}

namespace {

PageFaultOutcome outcome(FaultResult r) {
    switch (r) {
        case FaultResult::kOk: return PageFaultOutcome::kHandled;
        case FaultResult::kSegvMapErr: return PageFaultOutcome::kSegvMapErr;
        case FaultResult::kSegvAccErr: return PageFaultOutcome::kSegvAccErr;
        case FaultResult::kSegvPkuErr: return PageFaultOutcome::kSegvPkuErr;
        case FaultResult::kSigbus: return PageFaultOutcome::kSigbus;
        case FaultResult::kOom: return PageFaultOutcome::kOom;
    }
    return PageFaultOutcome::kKernelBug;
}

FaultKind kind_of(u64 error) {
    FaultKind k = (error & arch::fault::kWrite) != 0   ? FaultKind::kWrite
                  : (error & arch::fault::kFetch) != 0 ? FaultKind::kExec
                                                       : FaultKind::kRead;
    if ((error & arch::fault::kProtectionKey) != 0) k = k | FaultKind::kKeyed;
    return k | FaultKind::kOwn;
}

// A fault of the kernel: only copies from and to user memory may cause one.
PageFaultOutcome kernel_fault(arch::TrapFrame& frame, u64 error, u64 address, AddressSpace* space) {
    // A fetch from user space or a fault with interrupts or preemption off (NoFaults) is never the process's own.
    const bool may_sleep = frame.interrupts_enabled() && arch::preemptible() && !arch::in_interrupt();
    if (space != nullptr && may_sleep && arch::is_user_address(address) && (error & arch::fault::kFetch) == 0) {
        const FaultResult r = space->handle_fault(UserAddr(address), kind_of(error));
        if (r == FaultResult::kOk) return PageFaultOutcome::kHandled;
    }
    return arch::fix_exception(frame) ? PageFaultOutcome::kHandled : PageFaultOutcome::kKernelBug;
}

}  // namespace

PageFaultOutcome on_page_fault(arch::TrapFrame& frame, u64 error, u64 address) {
    AddressSpace* space = current_space();
    if (!frame.from_user()) [[unlikely]]
        return kernel_fault(frame, error, address, space);
    if (space == nullptr || !arch::is_user_address(address)) return PageFaultOutcome::kSegvMapErr;
    return outcome(space->handle_fault(UserAddr(address), kind_of(error)));
}

NoFaults::NoFaults() { arch::preempt_disable(); }
NoFaults::~NoFaults() { arch::preempt_enable(); }

Result<void> init() {
    memory::Frame* f = TRY(memory::allocate_frame(memory::AllocFlags::kZero));
    detail::zero_page_address = memory::phys_of(f);
    commit::init();
    sched::set_address_space_switch(
        [](sched::Thread& next) { switch_to(static_cast<AddressSpace*>(next.address_space)); });
    return {};
}

}  // namespace vm
