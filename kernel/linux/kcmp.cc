// kcmp(2): do two processes share a kernel object (Linux: kernel/kcmp.c).
#include "abi/linux/kcmp.h"

#include <bit>

#include "generated/syscall_prototypes.h"
#include "process/trace.h"

namespace linux_abi {
namespace {

using process::Task;

// 0 equal, 1 less, 2 greater: an order for sorting, in which addresses do not show.
i64 order(const void* a, const void* b) {
    if (a == b) return 0;
    return std::bit_cast<u64>(a) < std::bit_cast<u64>(b) ? 1 : 2;
}

Result<i64> compare_files(const Task& a, const Task& b, u64 first, u64 second) {
    const OptRef<object::DescriptorTable> mine = a.files_of(), theirs = b.files_of();
    if (!mine || !theirs) return Errno::kBADF;
    const Ref<object::File> one = TRY(mine->get_counted(static_cast<i32>(first)));
    const Ref<object::File> other = TRY(theirs->get_counted(static_cast<i32>(second)));
    return order(one.get(), other.get());
}

// Forks share their actions until one of them changes some; only CLONE_SIGHAND means that they are one.
i64 compare_actions(const Task& a, const Task& b) {
    // Who has ended has none.
    const void* one = a.address_space_of() ? &a.process() : nullptr;
    const void* other = b.address_space_of() ? &b.process() : nullptr;
    if (one == nullptr || other == nullptr || one == other) return order(one, other);
    const auto actions = [](const Task& t) {
        return t.process().signals().with([](process::SignalState& s) { return s.actions; });
    };
    const OptRef<process::SignalActions> first = actions(a), second = actions(b);
    if (first && first.get() == second.get() && first->shared.load(std::memory_order_relaxed)) return 0;
    return order(one, other);
}

}  // namespace

Result<i64> sys_kcmp(Ctx& ctx, i32 pid1, i32 pid2, i32 type, u64 idx1, u64 idx2) {
    const OptRef<Task> a = process::find_task_or_remains(pid1), b = process::find_task_or_remains(pid2);
    if (!a || !b) return Errno::kSRCH;
    TRY(process::may_trace(ctx.task, *a, process::AccessMode::kRead));
    TRY(process::may_trace(ctx.task, *b, process::AccessMode::kRead));
    switch (type) {
        case abi::KCMP_FILE: return compare_files(*a, *b, idx1, idx2);
        case abi::KCMP_VM: return order(a->address_space_of().get(), b->address_space_of().get());
        case abi::KCMP_FILES: return order(a->files_of().get(), b->files_of().get());
        case abi::KCMP_FS: return order(a->fs_of().get(), b->fs_of().get());
        case abi::KCMP_SIGHAND: return compare_actions(*a, *b);
        case abi::KCMP_IO:
        case abi::KCMP_SYSVSEM: return 0;  // nobody has any
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
