// pipe, pipe2.
#include "ipc/pipe.h"

#include "generated/syscall_prototypes.h"

namespace linux_abi {

// Both numbers are taken before the pipe exists, so that nothing has to be undone but them.
Result<i64> sys_pipe2(Ctx& ctx, vm::UserOut<i32> fildes, u32 flags) {
    if ((flags & abi::O_NOTIFICATION_PIPE) != 0) return Errno::kNOPKG;  // as a Linux without CONFIG_WATCH_QUEUE
    object::DescriptorTable& files = ctx.task.files();
    const object::Credentials& self = ctx.task.credentials();
    const bool cloexec = (flags & abi::O_CLOEXEC) != 0;
    const int read_fd = TRY(files.reserve(cloexec));
    const Result<int> write_fd = files.reserve(cloexec);
    if (!write_fd.ok()) {
        files.cancel(read_fd);
        return write_fd.error();
    }
    const auto make = [&]() -> Result<ipc::PipeEnds> {
        ipc::PipeEnds ends = TRY(ipc::create_pipe(flags & (abi::O_NONBLOCK | abi::O_DIRECT), self.fsuid, self.fsgid));
        TRY(fildes.store_array(std::array<i32, 2>{read_fd, write_fd.value()}));
        return ends;
    };
    Result<ipc::PipeEnds> ends = make();
    if (!ends.ok()) {
        files.cancel(read_fd);
        files.cancel(write_fd.value());
        return ends.error();
    }
    files.commit(read_fd, std::move(ends->read));
    files.commit(write_fd.value(), std::move(ends->write));
    return 0;
}

Result<i64> sys_pipe(Ctx& ctx, vm::UserOut<i32> fildes) { return sys_pipe2(ctx, fildes, 0); }

}  // namespace linux_abi
