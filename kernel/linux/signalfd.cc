// signalfd(2), signalfd4(2): signals that are read from a descriptor.
#include "abi/linux/signalfd.h"

#include "generated/syscall_prototypes.h"
#include "process/signalfd.h"

namespace linux_abi {

Result<i64> sys_signalfd4(Ctx& ctx, i32 ufd, vm::UserIn<abi::sigset_t> user_mask, usize sizemask, u32 flags) {
    constexpr u32 kFlags = abi::SFD_CLOEXEC | abi::SFD_NONBLOCK;
    if (sizemask != sizeof(abi::sigset_t)) return Errno::kINVAL;
    const process::SignalSet which(TRY(user_mask.fetch()));
    if ((flags & ~kFlags) != 0) return Errno::kINVAL;
    if (ufd == -1) {
        Ref<object::File> file = TRY(make_ref<process::SignalFile>(which, flags & abi::SFD_NONBLOCK));
        return TRY(ctx.task.files().install(std::move(file), (flags & abi::SFD_CLOEXEC) != 0));
    }
    object::FileRef file = TRY(ctx.task.files().get(ufd));
    auto* signals = file->as<process::SignalFile>();
    if (signals == nullptr) return Errno::kINVAL;
    signals->set_which(which);
    return ufd;
}

Result<i64> sys_signalfd(Ctx& ctx, i32 ufd, vm::UserIn<abi::sigset_t> user_mask, usize sizemask) {
    return sys_signalfd4(ctx, ufd, user_mask, sizemask, 0);
}

}  // namespace linux_abi
