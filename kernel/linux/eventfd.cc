// eventfd, eventfd2.
#include "ipc/eventfd.h"

#include "abi/linux/eventfd.h"
#include "generated/syscall_prototypes.h"

namespace linux_abi {

Result<i64> sys_eventfd2(Ctx& ctx, u32 count, u32 flags) {
    Ref<object::File> file =
        TRY(make_ref<ipc::EventFile>(u64{count}, (flags & abi::EFD_SEMAPHORE) != 0, flags & abi::EFD_NONBLOCK));
    return TRY(ctx.task.files().install(std::move(file), (flags & abi::EFD_CLOEXEC) != 0));
}

Result<i64> sys_eventfd(Ctx& ctx, u32 count) { return sys_eventfd2(ctx, count, 0); }

}  // namespace linux_abi
