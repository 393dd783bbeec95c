// process_vm_readv, process_vm_writev (Linux: mm/process_vm_access.c).
#include "abi/linux/uio.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "process/trace.h"

namespace linux_abi {
namespace {

using process::Task;

enum class Direction : u8 { kRead, kWrite };
constexpr usize kPiece = 2048;  // bytes that go by the kernel's stack at a time

struct Call {
    i32 pid;
    vm::UserIn<abi::iovec> local;
    u64 local_count;
    vm::UserIn<abi::iovec> remote;
    u64 remote_count;
    u64 flags;
};

Result<Vector<abi::iovec>> fetch_remote(const Call& call) {
    if (call.remote_count > static_cast<u64>(abi::IOV_MAX)) return Errno::kINVAL;
    Vector<abi::iovec> out;
    TRY(out.try_reserve(call.remote_count));
    for (usize i = 0; i < call.remote_count; i++) {
        const abi::iovec v = TRY(call.remote.fetch_at(i));
        if (static_cast<i64>(v.iov_len) < 0) return Errno::kINVAL;
        out.push_reserved(v);
    }
    return out;
}

Result<OptRef<vm::AddressSpace>> space_of(Ctx& ctx, i32 pid) {
    const OptRef<Task> target = process::find_task(pid);
    if (!target) return Errno::kSRCH;
    TRY(process::may_trace(ctx.task, *target, process::AccessMode::kAttach));
    OptRef<vm::AddressSpace> space = target->address_space_of();
    if (!space) return Errno::kSRCH;
    return space;
}

// Bytes moved; fewer than asked for when either side ends or has a hole.
usize read_piece(vm::AddressSpace& space, UserAddr from, std::span<u8> buffer, vm::IoWriter& to) {
    const Result<usize> n = space.read_remote(from, buffer);
    if (!n.ok()) return 0;
    return to.write(buffer.first(n.value())).value_or(0);
}
usize write_piece(vm::AddressSpace& space, UserAddr to, std::span<u8> buffer, vm::IoReader& from) {
    const Result<usize> n = from.read(buffer);
    if (!n.ok()) return 0;
    return space.write_remote(to, buffer.first(n.value()), false).value_or(0);
}

Result<i64> transfer(Ctx& ctx, Direction direction, const Call& call) {
    if (call.flags != 0) return Errno::kINVAL;
    Segments local;
    TRY(local.fetch(call.local, call.local_count));
    if (local.total() == 0) return 0;
    const Vector<abi::iovec> remote = TRY(fetch_remote(call));
    u64 wanted = 0;
    for (const abi::iovec& v : remote) wanted += v.iov_len;
    if (wanted == 0) return 0;
    const OptRef<vm::AddressSpace> space = TRY(space_of(ctx, call.pid));

    vm::IoWriter to = vm::IoWriter::from_iovec(local.span(), local.total());
    vm::IoReader from = vm::IoReader::from_iovec(local.span(), local.total());
    std::array<u8, kPiece> buffer;
    usize done = 0;
    for (const abi::iovec& v : remote) {
        for (u64 at = 0; at < v.iov_len;) {
            const usize left = local.total() - done;
            if (left == 0) return static_cast<i64>(done);
            const std::span<u8> piece = std::span(buffer).first(std::min<u64>({v.iov_len - at, left, kPiece}));
            const UserAddr there(v.iov_base + at);
            const usize n = direction == Direction::kRead ? read_piece(*space, there, piece, to)
                                                          : write_piece(*space, there, piece, from);
            done += n;
            at += n;
            if (n < piece.size()) return done > 0 ? Result<i64>(static_cast<i64>(done)) : Errno::kFAULT;
        }
    }
    return static_cast<i64>(done);
}

}  // namespace

Result<i64> sys_process_vm_readv(Ctx& ctx, i32 pid, vm::UserIn<abi::iovec> lvec, u64 liovcnt,
                                 vm::UserIn<abi::iovec> rvec, u64 riovcnt, u64 flags) {
    return transfer(ctx, Direction::kRead, {pid, lvec, liovcnt, rvec, riovcnt, flags});
}

Result<i64> sys_process_vm_writev(Ctx& ctx, i32 pid, vm::UserIn<abi::iovec> lvec, u64 liovcnt,
                                  vm::UserIn<abi::iovec> rvec, u64 riovcnt, u64 flags) {
    return transfer(ctx, Direction::kWrite, {pid, lvec, liovcnt, rvec, riovcnt, flags});
}

}  // namespace linux_abi
