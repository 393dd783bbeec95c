// The machine and the kernel as a whole: uname, sysinfo, getrandom, names, umask, personality, getcpu, reboot.
#include <algorithm>
#include <limits>

#include "abi/linux/capability.h"
#include "abi/linux/personality.h"
#include "abi/linux/random.h"
#include "abi/linux/reboot.h"
#include "generated/syscall_prototypes.h"
#include "hw/power.h"
#include "hw/random.h"
#include "log/log.h"
#include "memory/stats.h"
#include "process/pid_table.h"
#include "process/process.h"
#include "process/signal.h"
#include "process/system_name.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace linux_abi {
namespace {

// NUL-terminated and padded; text that does not fit is cut.
void set_text(std::span<char> to, std::string_view text) {
    const usize n = std::min(text.size(), to.size() - 1);
    std::copy_n(text.begin(), n, to.begin());
    std::fill(to.begin() + static_cast<isize>(n), to.end(), '\0');
}

using NameSetter = void (process::UtsNamespace::*)(std::string_view);
Result<i64> set_name(Ctx& ctx, vm::UserSpan name, NameSetter set) {
    if (!ctx.task.credentials().capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    std::array<u8, abi::__NEW_UTS_LEN> bytes;
    if (name.len > bytes.size()) return Errno::kINVAL;
    const auto used = std::span(bytes).first(name.len);
    TRY(name.copy_in(used));
    (ctx.task.uts().*set)(base::text_of(used));
    return 0;
}

u64 count_threads() {
    u64 count = 0;
    const auto is_task = [](const process::pid::Slot& slot) {
        return slot.task.load(std::memory_order_relaxed) != nullptr;
    };
    for (i32 tid = process::pid::next(1, is_task); tid != 0; tid = process::pid::next(tid + 1, is_task)) count++;
    return count;
}

}  // namespace

Result<i64> sys_uname(Ctx& ctx, vm::UserOut<abi::utsname> name) {
    const bool old_machine = (ctx.task.personality & abi::PER_MASK) == abi::PER_LINUX32;
    const process::UtsNamespace::Names names = ctx.task.uts().names();
    abi::utsname out;
    set_text(out.sysname, process::kSystemType);
    set_text(out.nodename, names.host.view());
    // UNAME26: for programs that choke on versions above 2.6 (6.x is told as 2.6.60+x).
    set_text(out.release, (ctx.task.personality & abi::UNAME26) != 0 ? "2.6.61" : process::kSystemRelease);
    set_text(out.version, process::kSystemVersion);
    set_text(out.machine, old_machine ? "i686" : process::kSystemMachine);
    set_text(out.domainname, names.domain.view());
    TRY(name.store(out));
    return 0;
}

Result<i64> sys_sethostname(Ctx& ctx, vm::UserSpan name) {
    return set_name(ctx, name, &process::UtsNamespace::set_host);
}
Result<i64> sys_setdomainname(Ctx& ctx, vm::UserSpan name) {
    return set_name(ctx, name, &process::UtsNamespace::set_domain);
}

Result<i64> sys_sysinfo(Ctx&, vm::UserOut<abi::sysinfo> info) {
    const memory::Stats stats = memory::stats();
    const std::array<u64, 3> load = sched::load_average();
    constexpr int kFractionBits = 11;  // of load_average()
    abi::sysinfo out{};
    const Instant now = time::now();
    // Counted up, as Linux: a second begun is a second.
    out.uptime = now.ns / 1'000'000'000 + (now.ns % 1'000'000'000 != 0 ? 1 : 0);
    for (usize i = 0; i < load.size(); i++) std::span(out.loads)[i] = load[i] << (abi::SI_LOAD_SHIFT - kFractionBits);
    out.totalram = stats.total * kPageSize;
    out.freeram = stats.free * kPageSize;
    out.sharedram = stats.shared_pages * kPageSize;
    out.procs = static_cast<u16>(std::min<u64>(count_threads(), 0xffff));
    out.mem_unit = 1;
    TRY(info.store(out));
    return 0;
}

Result<i64> sys_getrandom(Ctx& ctx, vm::UserSpan buf, u32 flags) {
    if ((flags & abi::GRND_RANDOM) != 0 && (flags & abi::GRND_INSECURE) != 0) return Errno::kINVAL;
    const usize wanted = std::min<usize>(buf.len, std::numeric_limits<i32>::max());
    std::array<u8, 256> bytes;
    usize done = 0;
    Result<void> copied;
    while (done < wanted) {
        const auto part = std::span(bytes).first(std::min(wanted - done, bytes.size()));
        hw::random::fill(part);
        copied = buf.copy_out(part, done);
        if (!copied.ok()) break;
        done += part.size();
        // Long requests can be broken off between pages (drivers/char/random.c).
        if (done % kPageSize == 0 && done < wanted && process::signal_pending(ctx.task)) break;
    }
    base::fill(bytes, 0);
    if (done == 0 && !copied.ok()) return copied.error();
    return static_cast<i64>(done);
}

Result<i64> sys_umask(Ctx& ctx, u32 mask) { return ctx.task.fs().set_umask(mask); }

Result<i64> sys_personality(Ctx& ctx, u32 personality) {
    const u32 old = ctx.task.personality;
    if (personality != ~0u) ctx.task.personality = personality;
    return old;
}

Result<i64> sys_getcpu(Ctx& ctx, vm::UserOut<u32> cpu, vm::UserOut<u32> node, UserAddr) {
    if (cpu) TRY(cpu.store(ctx.task.cpu.load(std::memory_order_relaxed)));
    if (node) TRY(node.store(0));
    return 0;
}

Result<i64> sys_reboot(Ctx& ctx, u32 magic1, u32 magic2, u32 cmd, UserAddr) {
    if (!ctx.task.credentials().capable(abi::CAP_SYS_BOOT)) return Errno::kPERM;
    const bool known =
        magic2 == static_cast<u32>(abi::LINUX_REBOOT_MAGIC2) || magic2 == static_cast<u32>(abi::LINUX_REBOOT_MAGIC2A) ||
        magic2 == static_cast<u32>(abi::LINUX_REBOOT_MAGIC2B) || magic2 == static_cast<u32>(abi::LINUX_REBOOT_MAGIC2C);
    if (magic1 != static_cast<u32>(abi::LINUX_REBOOT_MAGIC1) || !known) return Errno::kINVAL;
    switch (cmd) {
        case static_cast<u32>(abi::LINUX_REBOOT_CMD_CAD_ON):
        case static_cast<u32>(abi::LINUX_REBOOT_CMD_CAD_OFF): return 0;
        case static_cast<u32>(abi::LINUX_REBOOT_CMD_RESTART):
        case static_cast<u32>(abi::LINUX_REBOOT_CMD_RESTART2): log::info("reboot: Restarting system"); hw::restart();
        case static_cast<u32>(abi::LINUX_REBOOT_CMD_HALT): log::info("reboot: System halted"); hw::halt();
        case static_cast<u32>(abi::LINUX_REBOOT_CMD_POWER_OFF): log::info("reboot: Power down"); hw::power_off();
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
