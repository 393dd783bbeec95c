// capget(2), capset(2).
#include "abi/linux/capability.h"

#include "generated/syscall_prototypes.h"
#include "process/process.h"

namespace linux_abi {
namespace {

using object::CapabilitySet;
using object::Credentials;

// The fields of a cap_user_header: nobody looks at the second before the first is right.
vm::UserInOut<u32> version_in(vm::UserInOut<abi::cap_user_header> header) {
    return vm::UserInOut<u32>(header.address() + offsetof(abi::cap_user_header, version));
}
Result<i32> pid_in(vm::UserInOut<abi::cap_user_header> header) {
    return vm::UserIn<i32>(header.address() + offsetof(abi::cap_user_header, pid)).fetch();
}

// How many cap_user_data follow: 1 or 2 of 32 bits each. An unknown version is answered with the one we prefer.
Result<u32> words_of(vm::UserInOut<abi::cap_user_header> header) {
    const vm::UserInOut<u32> version = version_in(header);
    switch (TRY(version.fetch())) {
        case abi::_LINUX_CAPABILITY_VERSION_1: return 1u;
        case abi::_LINUX_CAPABILITY_VERSION_2:
        case abi::_LINUX_CAPABILITY_VERSION_3: return 2u;
        default: TRY(version.store(abi::_LINUX_CAPABILITY_VERSION_3)); return Errno::kINVAL;
    }
}

CapabilitySet joined(u32 low, u32 high) { return CapabilitySet{low | u64{high} << 32} & CapabilitySet::all(); }

// security/commoncap.c, cap_capset.
Result<void> check_new_sets(const Credentials& old, CapabilitySet effective, CapabilitySet permitted,
                            CapabilitySet inheritable) {
    const CapabilitySet may_inherit =
        old.capable(abi::CAP_SETPCAP) ? CapabilitySet::all() : old.inheritable | old.permitted;
    if (!inheritable.subset_of(may_inherit)) return Errno::kPERM;
    if (!inheritable.subset_of(old.inheritable | old.bounding)) return Errno::kPERM;
    if (!permitted.subset_of(old.permitted) || !effective.subset_of(permitted)) return Errno::kPERM;
    return {};
}

}  // namespace

Result<i64> sys_capget(Ctx& ctx, vm::UserInOut<abi::cap_user_header> header, UserAddr dataptr) {
    const Result<u32> words = words_of(header);
    // Without data the version was the question.
    if (dataptr.is_null() && (words.ok() || words.error() == Errno::kINVAL)) return 0;
    if (!words.ok()) return words.error();
    const i32 pid = TRY(pid_in(header));
    if (pid < 0) return Errno::kINVAL;
    OptRef<object::Credentials> other;
    if (pid != 0 && pid != ctx.task.tid()) {
        const OptRef<process::Task> task = process::find_task_or_remains(pid);
        if (task) other = task->credentials_of();
        if (!other) return Errno::kSRCH;
    }
    const Credentials& c = other ? *other : ctx.task.credentials();
    for (u32 i = 0; i < words.value(); i++) {
        const auto word = [i](CapabilitySet s) { return static_cast<u32>(s.bits >> (32 * i)); };
        TRY(vm::UserOut<abi::cap_user_data>(dataptr).store_at(
            i, {word(c.effective), word(c.permitted), word(c.inheritable)}));
    }
    return 0;
}

Result<i64> sys_capset(Ctx& ctx, vm::UserInOut<abi::cap_user_header> header, UserAddr data) {
    const u32 words = TRY(words_of(header));
    const i32 pid = TRY(pid_in(header));
    if (pid != 0 && pid != ctx.task.tid()) return Errno::kPERM;
    const vm::UserIn<abi::cap_user_data> in(data);
    const abi::cap_user_data low = TRY(in.fetch_at(0));
    const abi::cap_user_data high = words == 2 ? TRY(in.fetch_at(1)) : abi::cap_user_data{};
    const CapabilitySet effective = joined(low.effective, high.effective);
    const CapabilitySet permitted = joined(low.permitted, high.permitted);
    const CapabilitySet inheritable = joined(low.inheritable, high.inheritable);
    const Credentials& old = ctx.task.credentials();
    TRY(check_new_sets(old, effective, permitted, inheritable));
    Ref<Credentials> fresh = TRY(old.copy());
    fresh->effective = effective;
    fresh->permitted = permitted;
    fresh->inheritable = inheritable;
    fresh->ambient = fresh->ambient & permitted & inheritable;
    ctx.task.set_credentials(std::move(fresh));
    return 0;
}

}  // namespace linux_abi
