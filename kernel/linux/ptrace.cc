// ptrace(2) (Linux: kernel/ptrace.c, arch/x86/kernel/ptrace.c).
#include "abi/linux/ptrace.h"

#include "abi/linux/elf.h"
#include "abi/linux/uio.h"
#include "base/bytes.h"
#include "base/vector.h"
#include "generated/syscall_prototypes.h"
#include "process/signal.h"
#include "process/trace.h"
#include "process/trace_registers.h"

namespace linux_abi {
namespace {

using process::HeldTracee;
using process::Task;

constexpr u64 kOptions = 0x3000ff;  // PTRACE_O_MASK
constexpr u64 kSuspendSeccomp = 1 << 21;

// ---- Memory ----

Result<u64> peek(const Task& task, u64 address) {
    const OptRef<vm::AddressSpace> space = task.address_space_of();
    std::array<u8, sizeof(u64)> word;
    const Result<usize> n = space ? space->read_remote(UserAddr(address), word) : Result<usize>(Errno::kIO);
    if (!n.ok() || n.value() != word.size()) return Errno::kIO;
    return base::read_at<u64>(word, 0).value_or(0);
}

Result<void> poke(const Task& task, u64 address, u64 value) {
    const OptRef<vm::AddressSpace> space = task.address_space_of();
    const Result<usize> n =
        space ? space->write_remote(UserAddr(address), base::bytes_of(value), true) : Result<usize>(Errno::kIO);
    if (!n.ok() || n.value() != sizeof(value)) return Errno::kIO;
    return {};
}

// ---- Registers ----

constexpr usize kRegisterBytes = sizeof(abi::user_regs_struct);

bool valid_user_offset(u64 offset) { return offset % sizeof(u64) == 0 && offset < abi::USER_SIZE; }
bool is_debug_register(u64 offset) {
    return offset >= abi::USER_DEBUGREG && offset < abi::USER_DEBUGREG + 8 * sizeof(u64);
}

Result<u64> peek_user(const Task& task, u64 offset) {
    if (!valid_user_offset(offset)) return Errno::kIO;
    if (offset < kRegisterBytes) {
        const abi::user_regs_struct registers = process::tracee_registers(task);
        return base::read_at<u64>(base::bytes_of(registers), offset).value_or(0);
    }
    return is_debug_register(offset) ? process::tracee_debug_register(task, (offset - abi::USER_DEBUGREG) / sizeof(u64))
                                     : 0;
}

Result<void> poke_user(Task& task, u64 offset, u64 value) {
    if (!valid_user_offset(offset)) return Errno::kIO;
    if (offset < kRegisterBytes) return process::set_tracee_register(task, offset / sizeof(u64), value);
    if (!is_debug_register(offset)) return Errno::kIO;
    return process::set_tracee_debug_register(task, (offset - abi::USER_DEBUGREG) / sizeof(u64), value);
}

Result<void> set_registers(Task& task, std::span<const u8> bytes) {
    for (usize i = 0; i < bytes.size() / sizeof(u64); i++) {
        TRY(process::set_tracee_register(task, i, base::read_at<u64>(bytes, i * sizeof(u64)).value_or(0)));
    }
    return {};
}

enum class Access : u8 { kGet, kSet };

// The general registers, up to `length` bytes of them.
Result<void> general_registers(Task& task, Access access, UserAddr at, usize length) {
    std::array<u8, kRegisterBytes> bytes;
    const vm::UserSpan user{at, length};
    if (access == Access::kGet) {
        const abi::user_regs_struct registers = process::tracee_registers(task);
        return user.copy_out(base::bytes_of(registers).first(length));
    }
    TRY(user.copy_in(std::span(bytes).first(length)));
    return set_registers(task, std::span(bytes).first(length));
}

Result<void> legacy_fpu(Task& task, Access access, UserAddr at, usize length) {
    const std::span<const u8> state = process::tracee_fpu(task).first(process::kLegacyFpuSize);
    const vm::UserSpan user{at, length};
    if (access == Access::kGet) return user.copy_out(state.first(length));
    std::array<u8, process::kLegacyFpuSize> bytes;
    base::copy(std::span(bytes), state);
    TRY(user.copy_in(std::span(bytes).first(length)));
    return process::set_tracee_legacy_fpu(task, bytes);
}

Result<void> extended_fpu(Task& task, Access access, UserAddr at, usize length) {
    const std::span<const u8> state = process::tracee_fpu(task);
    const vm::UserSpan user{at, length};
    if (access == Access::kGet) return user.copy_out(state.first(length));
    if (length != state.size()) return Errno::kFAULT;  // as Linux: all or nothing
    Vector<u8> bytes;
    TRY(bytes.try_reserve(length));
    for (u8 b : state) bytes.push_reserved(b);
    TRY(user.copy_in(bytes.span()));
    return process::set_tracee_fpu(task, bytes.span());
}

// PTRACE_GETREGSET, PTRACE_SETREGSET: `at` is an iovec, which comes back with the length that was moved.
Result<void> register_set(Task& task, Access access, u64 type, u64 at) {
    const abi::iovec io = TRY(vm::UserIn<abi::iovec>(UserAddr(at)).fetch());
    usize most;
    switch (type) {
        case abi::NT_PRSTATUS: most = kRegisterBytes; break;
        case abi::NT_PRFPREG: most = process::kLegacyFpuSize; break;
        case abi::NT_X86_XSTATE:
            if (arch::fpu_features() == 0) return Errno::kNODEV;
            most = arch::fpu_state_size();
            break;
        default: return Errno::kINVAL;
    }
    if (io.iov_len % sizeof(u64) != 0) return Errno::kINVAL;
    const usize length = std::min<u64>(io.iov_len, most);
    const UserAddr base(io.iov_base);
    if (type == abi::NT_PRSTATUS) {
        TRY(general_registers(task, access, base, length));
    } else if (type == abi::NT_PRFPREG) {
        TRY(legacy_fpu(task, access, base, length));
    } else {
        TRY(extended_fpu(task, access, base, length));
    }
    return vm::UserOut<u64>(UserAddr(at + offsetof(abi::iovec, iov_len))).store(length);
}

// ---- What the stop is about ----

Result<i64> get_signal_info(const Task& task, u64 to) {
    if (!task.tracing.has_info) return Errno::kINVAL;
    const abi::siginfo info = task.tracing.info.to_abi();
    TRY((vm::UserSpan{UserAddr(to), sizeof(info)}.copy_out(base::bytes_of(info))));
    return 0;
}

Result<i64> set_signal_info(Task& task, u64 from) {
    abi::siginfo info;
    TRY((vm::UserSpan{UserAddr(from), sizeof(info)}.copy_in(base::writable_bytes_of(info))));
    if (!task.tracing.has_info) return Errno::kINVAL;
    task.tracing.info = process::SignalInfo::from_abi(info);
    return 0;
}

Result<i64> signal_mask(Task& task, Access access, u64 size, u64 at) {
    if (size != sizeof(u64)) return Errno::kINVAL;
    if (access == Access::kGet) {
        TRY(vm::UserOut<u64>(UserAddr(at)).store(task.signals.blocked.bits));
        return 0;
    }
    const process::SignalSet mask(TRY(vm::UserIn<u64>(UserAddr(at)).fetch()));
    auto s = task.process().signals().lock();
    task.signals.blocked = mask.without(process::kUnblockable);
    return 0;
}

void fill_call(const arch::TrapFrame& f, u32 arch, u64& number, std::span<u64, 6> arguments) {
    number = f.orig_rax;
    const std::array<u64, 6> values = arch == abi::AUDIT_ARCH_I386
                                          ? std::array{f.rbx, f.rcx, f.rdx, f.rsi, f.rdi, f.rbp}
                                          : std::array{f.rdi, f.rsi, f.rdx, f.r10, f.r8, f.r9};
    std::ranges::copy(values, arguments.begin());
}

// The whole size of what there is to tell, whatever the buffer holds.
Result<i64> syscall_info(const HeldTracee& tracee, u64 size, u64 to) {
    const process::Tracing& t = tracee->tracing;
    const arch::TrapFrame& f = tracee.frame();
    abi::ptrace_syscall_info info{};
    info.arch = t.call_arch != 0 ? t.call_arch : abi::AUDIT_ARCH_X86_64;
    info.instruction_pointer = f.rip;
    info.stack_pointer = f.rsp;
    usize actual = offsetof(abi::ptrace_syscall_info, entry);
    const i32 code = t.has_info ? t.info.code : 0;
    if (code == (abi::SIGTRAP | 0x80) && t.message == static_cast<u64>(abi::PTRACE_EVENTMSG_SYSCALL_ENTRY)) {
        info.op = abi::PTRACE_SYSCALL_INFO_ENTRY;
        fill_call(f, info.arch, info.entry.nr, info.entry.args);
        actual = offsetof(abi::ptrace_syscall_info, entry) + sizeof(info.entry);
    } else if (code == (abi::SIGTRAP | 0x80) && t.message == static_cast<u64>(abi::PTRACE_EVENTMSG_SYSCALL_EXIT)) {
        info.op = abi::PTRACE_SYSCALL_INFO_EXIT;
        info.exit.rval = static_cast<i64>(f.rax);
        info.exit.is_error = info.exit.rval < 0 && info.exit.rval >= -4095 ? 1 : 0;
        actual = offsetof(abi::ptrace_syscall_info, exit.is_error) + sizeof(info.exit.is_error);
    } else if (code == (abi::SIGTRAP | (abi::PTRACE_EVENT_SECCOMP << 8))) {
        info.op = abi::PTRACE_SYSCALL_INFO_SECCOMP;
        fill_call(f, info.arch, info.seccomp.nr, info.seccomp.args);
        info.seccomp.ret_data = static_cast<u32>(t.message);
        actual = offsetof(abi::ptrace_syscall_info, seccomp.ret_data) + sizeof(info.seccomp.ret_data);
    }
    const usize length = std::min<u64>(size, actual);
    TRY((vm::UserSpan{UserAddr(to), length}.copy_out(base::bytes_of(info).first(length))));
    return static_cast<i64>(actual);
}

Result<i64> rseq_configuration(const Task& task, u64 size, u64 to) {
    const abi::ptrace_rseq_configuration c{task.rseq.address.value, task.rseq.length, task.rseq.signature, 0, 0};
    const usize length = std::min<u64>(size, sizeof(c));
    TRY((vm::UserSpan{UserAddr(to), length}.copy_out(base::bytes_of(c).first(length))));
    return static_cast<i64>(sizeof(c));
}

Result<i64> set_options(Task& task, u64 options) {
    if ((options & ~kOptions) != 0) return Errno::kINVAL;
    if ((options & kSuspendSeccomp) != 0) return Errno::kPERM;
    task.tracing.options.store(static_cast<u32>(options), std::memory_order_relaxed);
    return 0;
}

Result<i64> done(const Result<void>& result) {
    if (!result.ok()) return result.error();
    return 0;
}

Result<i64> store_word(const Result<u64>& value, u64 to) {
    if (!value.ok()) return value.error();
    TRY(vm::UserOut<u64>(UserAddr(to)).store(value.value()));
    return 0;
}

Result<i64> resume(HeldTracee& tracee, HeldTracee::How how, u64 signo) {
    if (signo > process::kMaxSignal) return Errno::kIO;
    tracee.resume(how, static_cast<int>(signo));
    return 0;
}

Result<i64> on_stopped(HeldTracee tracee, i32 request, u64 addr, u64 data) {
    Task& task = *tracee;
    switch (request) {
        case abi::PTRACE_PEEKTEXT:
        case abi::PTRACE_PEEKDATA: return store_word(peek(task, addr), data);
        case abi::PTRACE_POKETEXT:
        case abi::PTRACE_POKEDATA: return done(poke(task, addr, data));
        case abi::PTRACE_PEEKUSR: return store_word(peek_user(task, addr), data);
        case abi::PTRACE_POKEUSR: return done(poke_user(task, addr, data));
        case abi::PTRACE_GETREGS: return done(general_registers(task, Access::kGet, UserAddr(data), kRegisterBytes));
        case abi::PTRACE_SETREGS: return done(general_registers(task, Access::kSet, UserAddr(data), kRegisterBytes));
        case abi::PTRACE_GETFPREGS:
            return done(legacy_fpu(task, Access::kGet, UserAddr(data), process::kLegacyFpuSize));
        case abi::PTRACE_SETFPREGS:
            return done(legacy_fpu(task, Access::kSet, UserAddr(data), process::kLegacyFpuSize));
        case abi::PTRACE_GETREGSET: return done(register_set(task, Access::kGet, addr, data));
        case abi::PTRACE_SETREGSET: return done(register_set(task, Access::kSet, addr, data));
        case abi::PTRACE_CONT: return resume(tracee, HeldTracee::How::kRun, data);
        case abi::PTRACE_SYSCALL: return resume(tracee, HeldTracee::How::kToCall, data);
        case abi::PTRACE_SINGLESTEP: return resume(tracee, HeldTracee::How::kStep, data);
        case abi::PTRACE_DETACH:
            if (data > process::kMaxSignal) return Errno::kIO;
            tracee.detach(static_cast<int>(data));
            return 0;
        case abi::PTRACE_LISTEN: return done(tracee.listen());
        case abi::PTRACE_SETOPTIONS:
        case abi::PTRACE_OLDSETOPTIONS: return set_options(task, data);
        case abi::PTRACE_GETEVENTMSG: return store_word(task.tracing.message, data);
        case abi::PTRACE_GETSIGINFO: return get_signal_info(task, data);
        case abi::PTRACE_SETSIGINFO: return set_signal_info(task, data);
        case abi::PTRACE_GETSIGMASK: return signal_mask(task, Access::kGet, addr, data);
        case abi::PTRACE_SETSIGMASK: return signal_mask(task, Access::kSet, addr, data);
        case abi::PTRACE_GET_SYSCALL_INFO: return syscall_info(tracee, addr, data);
        case abi::PTRACE_GET_RSEQ_CONFIGURATION: return rseq_configuration(task, addr, data);
        case abi::PTRACE_ARCH_PRCTL: {
            constexpr u64 kSetGs = 0x1001, kSetFs = 0x1002, kGetFs = 0x1003, kGetGs = 0x1004;
            process::Tracing& t = task.tracing;
            if (data == kGetFs || data == kGetGs) return store_word(data == kGetFs ? t.fs_base : t.gs_base, addr);
            if (data != kSetFs && data != kSetGs) return Errno::kINVAL;
            if (!arch::is_user_address(addr)) return Errno::kPERM;
            (data == kSetFs ? t.fs_base : t.gs_base) = addr;
            return 0;
        }
        default: return Errno::kIO;
    }
}

}  // namespace

Result<i64> sys_ptrace(Ctx& ctx, u32 number, i32 pid, u64 addr, u64 data) {
    const i32 request = static_cast<i32>(number);
    if (request == abi::PTRACE_TRACEME) return done(process::trace_me(ctx.task));
    const OptRef<Task> target = process::find_task(pid);
    if (!target) return Errno::kSRCH;
    switch (request) {
        case abi::PTRACE_ATTACH: return done(process::trace_attach(ctx.task, *target, false, 0));
        case abi::PTRACE_SEIZE:
            if (addr != 0 || (data & ~kOptions) != 0) return Errno::kIO;
            return done(process::trace_attach(ctx.task, *target, true, static_cast<u32>(data)));
        case abi::PTRACE_INTERRUPT: return done(process::trace_interrupt(ctx.task, *target));
        case abi::PTRACE_KILL:
            if (target->tracing.tracer.load(std::memory_order_relaxed) != &ctx.task) return Errno::kSRCH;
            (void)process::send_signal(target->process(), process::SignalInfo::kernel(abi::SIGKILL));
            return 0;
        default: return on_stopped(TRY(HeldTracee::hold(ctx.task, *target)), request, addr, data);
    }
}

}  // namespace linux_abi
