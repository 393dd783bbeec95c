// epoll_create, epoll_ctl, epoll_wait and their kin.
#include "ipc/epoll.h"

#include <limits>

#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "linux/timeout.h"

namespace linux_abi {
namespace {

Result<i64> wait(Ctx& ctx, i32 epfd, vm::UserOut<abi::epoll_event> events, i32 most, Instant deadline) {
    if (most <= 0 || most > std::numeric_limits<i32>::max() / static_cast<i32>(sizeof(abi::epoll_event)))
        return Errno::kINVAL;
    TRY(check_buffer({events.address(), static_cast<usize>(most) * sizeof(abi::epoll_event)}));
    const object::FileRef file = TRY(ctx.task.files().get(epfd));
    ipc::Epoll* epoll = file->as<ipc::Epoll>();
    if (epoll == nullptr) return Errno::kINVAL;
    const Result<i32> n = epoll->wait(events, most, deadline);
    if (n.ok()) return n.value();
    // Never started again (signal(7)).
    return n.error() == Errno::kRESTARTSYS ? Errno::kINTR : n.error();
}

Result<i64> wait_masked(Ctx& ctx, i32 epfd, vm::UserOut<abi::epoll_event> events, i32 most, Instant deadline,
                        vm::UserIn<abi::sigset_t> sigmask, usize sigsetsize) {
    TemporaryMask mask(ctx.task);
    TRY(mask.set(sigmask, sigsetsize));
    const Result<i64> n = wait(ctx, epfd, events, most, deadline);
    if (!n.ok() && n.error() == Errno::kINTR) mask.keep();
    return n;
}

}  // namespace

Result<i64> sys_epoll_create1(Ctx& ctx, u32 flags) {
    Ref<object::File> file = TRY(make_ref<ipc::Epoll>());
    return TRY(ctx.task.files().install(std::move(file), (flags & abi::EPOLL_CLOEXEC) != 0));
}

Result<i64> sys_epoll_create(Ctx& ctx, i32 size) {
    if (size <= 0) return Errno::kINVAL;
    return sys_epoll_create1(ctx, 0);
}

Result<i64> sys_epoll_ctl(Ctx& ctx, i32 epfd, i32 op, i32 fd, vm::UserIn<abi::epoll_event> event) {
    abi::epoll_event e{};
    if (op != abi::EPOLL_CTL_DEL) e = TRY(event.fetch());
    const object::FileRef set = TRY(ctx.task.files().get(epfd));
    const object::FileRef file = TRY(ctx.task.files().get(fd));
    if (!file->can_poll()) return Errno::kPERM;
    ipc::Epoll* epoll = set->as<ipc::Epoll>();
    if (epoll == nullptr || set.get() == file.get()) return Errno::kINVAL;
    switch (op) {
        case abi::EPOLL_CTL_ADD: TRY(epoll->add(*file, fd, e)); return 0;
        case abi::EPOLL_CTL_MOD: TRY(epoll->modify(*file, fd, e)); return 0;
        case abi::EPOLL_CTL_DEL: TRY(epoll->remove(*file, fd)); return 0;
        default: return Errno::kINVAL;
    }
}

Result<i64> sys_epoll_wait(Ctx& ctx, i32 epfd, vm::UserOut<abi::epoll_event> events, i32 maxevents, i32 timeout) {
    return wait(ctx, epfd, events, maxevents, deadline_after_ms(timeout));
}

Result<i64> sys_epoll_pwait(Ctx& ctx, i32 epfd, vm::UserOut<abi::epoll_event> events, i32 maxevents, i32 timeout,
                            vm::UserIn<abi::sigset_t> sigmask, usize sigsetsize) {
    return wait_masked(ctx, epfd, events, maxevents, deadline_after_ms(timeout), sigmask, sigsetsize);
}

Result<i64> sys_epoll_pwait2(Ctx& ctx, i32 epfd, vm::UserOut<abi::epoll_event> events, i32 maxevents,
                             vm::UserIn<abi::timespec> timeout, vm::UserIn<abi::sigset_t> sigmask, usize sigsetsize) {
    Instant deadline = Instant::never();
    if (timeout) deadline = deadline_after(TRY(duration_of(TRY(timeout.fetch()))));
    return wait_masked(ctx, epfd, events, maxevents, deadline, sigmask, sigsetsize);
}

}  // namespace linux_abi
