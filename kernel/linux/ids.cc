// Numbers of the caller: process and thread, user and group ids, supplementary groups (credentials(7)).
#include <algorithm>

#include "abi/linux/capability.h"
#include "abi/linux/prctl.h"
#include "generated/syscall_prototypes.h"
#include "process/process.h"
#include "process/tree.h"

namespace linux_abi {
namespace {

using object::CapabilitySet;
using object::Credentials;

constexpr u32 kKeep = ~0u;  // (uid_t) -1 in the set*id family: leave it as it is
constexpr i32 kMostGroups = 65536;

// What a file-system user id of 0 permits (CAP_FS_MASK).
constexpr CapabilitySet kFileCapabilities = [] {
    CapabilitySet set;
    for (int c : {abi::CAP_CHOWN, abi::CAP_MKNOD, abi::CAP_DAC_OVERRIDE, abi::CAP_DAC_READ_SEARCH, abi::CAP_FOWNER,
                  abi::CAP_FSETID, abi::CAP_LINUX_IMMUTABLE, abi::CAP_MAC_OVERRIDE}) {
        set.add(c);
    }
    return set;
}();

// Capabilities follow the user ids (capabilities(7), "Effect of user ID changes on capabilities").
void adjust_capabilities(const Credentials& old, Credentials& fresh) {
    if ((fresh.securebits & abi::SECBIT_NO_SETUID_FIXUP) != 0) return;
    const bool was_root = old.uid == 0 || old.euid == 0 || old.suid == 0;
    const bool is_root = fresh.uid == 0 || fresh.euid == 0 || fresh.suid == 0;
    if (was_root && !is_root) {
        if ((fresh.securebits & abi::SECBIT_KEEP_CAPS) == 0) {
            fresh.permitted = {};
            fresh.effective = {};
        }
        fresh.ambient = {};
    }
    if (old.euid == 0 && fresh.euid != 0) fresh.effective = {};
    if (old.euid != 0 && fresh.euid == 0) fresh.effective = fresh.permitted;
}

void adjust_file_capabilities(const Credentials& old, Credentials& fresh) {
    if ((fresh.securebits & abi::SECBIT_NO_SETUID_FIXUP) != 0) return;
    if (old.fsuid == 0 && fresh.fsuid != 0) fresh.effective.bits &= ~kFileCapabilities.bits;
    if (old.fsuid != 0 && fresh.fsuid == 0) fresh.effective = fresh.effective | (fresh.permitted & kFileCapabilities);
}

// A process whose ids changed shows its memory to nobody but root (commit_creds).
// EAGAIN: no memory for a new user's account.
Result<void> publish(Ctx& ctx, const Credentials& old, Ref<Credentials> fresh) {
    if (old.uid != fresh->uid) {
        Result<process::UserCount> user = process::UserCount::of(fresh->uid);
        if (!user.ok()) return Errno::kAGAIN;
        ctx.task.user = user.take();
        ctx.task.exceeds_user_limit =
            fresh->uid != 0 && ctx.task.user.tasks() > ctx.task.process().limits().soft(abi::RLIMIT_NPROC);
    }
    const bool changed = old.euid != fresh->euid || old.egid != fresh->egid || old.fsuid != fresh->fsuid ||
                         old.fsgid != fresh->fsgid || !fresh->permitted.subset_of(old.permitted);
    if (changed) {
        ctx.task.process().dumpable.store(false, std::memory_order_relaxed);
        ctx.task.parent_death_signal = 0;
    }
    ctx.task.set_credentials(std::move(fresh));
    return {};
}

bool is_one_of(u32 id, u32 a, u32 b, u32 c) { return id == a || id == b || id == c; }
bool stays(u32 asked, u32 now) { return asked == kKeep || asked == now; }

}  // namespace

Result<i64> sys_getpid(Ctx& ctx) { return ctx.task.process().pid(); }
Result<i64> sys_gettid(Ctx& ctx) { return ctx.task.tid(); }
Result<i64> sys_getppid(Ctx& ctx) {
    process::TreeGuard tree;
    const process::Process* parent = ctx.task.process().parent;
    return parent == nullptr ? 0 : parent->pid();
}

Result<i64> sys_getuid(Ctx& ctx) { return ctx.task.credentials().uid; }
Result<i64> sys_geteuid(Ctx& ctx) { return ctx.task.credentials().euid; }
Result<i64> sys_getgid(Ctx& ctx) { return ctx.task.credentials().gid; }
Result<i64> sys_getegid(Ctx& ctx) { return ctx.task.credentials().egid; }

Result<i64> sys_getresuid(Ctx& ctx, vm::UserOut<u32> ruid, vm::UserOut<u32> euid, vm::UserOut<u32> suid) {
    const Credentials& self = ctx.task.credentials();
    TRY(ruid.store(self.uid));
    TRY(euid.store(self.euid));
    TRY(suid.store(self.suid));
    return 0;
}

Result<i64> sys_getresgid(Ctx& ctx, vm::UserOut<u32> rgid, vm::UserOut<u32> egid, vm::UserOut<u32> sgid) {
    const Credentials& self = ctx.task.credentials();
    TRY(rgid.store(self.gid));
    TRY(egid.store(self.egid));
    TRY(sgid.store(self.sgid));
    return 0;
}

Result<i64> sys_setuid(Ctx& ctx, u32 uid) {
    if (uid == kKeep) return Errno::kINVAL;
    const Credentials& old = ctx.task.credentials();
    Ref<Credentials> fresh = TRY(old.copy());
    if (old.capable(abi::CAP_SETUID)) {
        fresh->uid = fresh->suid = uid;
    } else if (uid != old.uid && uid != old.suid) {
        return Errno::kPERM;
    }
    fresh->euid = fresh->fsuid = uid;
    adjust_capabilities(old, *fresh);
    TRY(publish(ctx, old, std::move(fresh)));
    return 0;
}

Result<i64> sys_setgid(Ctx& ctx, u32 gid) {
    if (gid == kKeep) return Errno::kINVAL;
    const Credentials& old = ctx.task.credentials();
    Ref<Credentials> fresh = TRY(old.copy());
    if (old.capable(abi::CAP_SETGID)) {
        fresh->gid = fresh->sgid = gid;
    } else if (gid != old.gid && gid != old.sgid) {
        return Errno::kPERM;
    }
    fresh->egid = fresh->fsgid = gid;
    TRY(publish(ctx, old, std::move(fresh)));
    return 0;
}

Result<i64> sys_setreuid(Ctx& ctx, u32 ruid, u32 euid) {
    const Credentials& old = ctx.task.credentials();
    Ref<Credentials> fresh = TRY(old.copy());
    const bool privileged = old.capable(abi::CAP_SETUID);
    if (ruid != kKeep) {
        if (!privileged && ruid != old.uid && ruid != old.euid) return Errno::kPERM;
        fresh->uid = ruid;
    }
    if (euid != kKeep) {
        if (!privileged && !is_one_of(euid, old.uid, old.euid, old.suid)) return Errno::kPERM;
        fresh->euid = euid;
    }
    if (ruid != kKeep || (euid != kKeep && euid != old.uid)) fresh->suid = fresh->euid;
    fresh->fsuid = fresh->euid;
    adjust_capabilities(old, *fresh);
    TRY(publish(ctx, old, std::move(fresh)));
    return 0;
}

Result<i64> sys_setregid(Ctx& ctx, u32 rgid, u32 egid) {
    const Credentials& old = ctx.task.credentials();
    Ref<Credentials> fresh = TRY(old.copy());
    const bool privileged = old.capable(abi::CAP_SETGID);
    if (rgid != kKeep) {
        if (!privileged && rgid != old.gid && rgid != old.egid) return Errno::kPERM;
        fresh->gid = rgid;
    }
    if (egid != kKeep) {
        if (!privileged && !is_one_of(egid, old.gid, old.egid, old.sgid)) return Errno::kPERM;
        fresh->egid = egid;
    }
    if (rgid != kKeep || (egid != kKeep && egid != old.gid)) fresh->sgid = fresh->egid;
    fresh->fsgid = fresh->egid;
    TRY(publish(ctx, old, std::move(fresh)));
    return 0;
}

Result<i64> sys_setresuid(Ctx& ctx, u32 ruid, u32 euid, u32 suid) {
    const Credentials& old = ctx.task.credentials();
    // Without a change nothing happens, also to an fsuid of its own (Linux: since 6.3).
    if (stays(ruid, old.uid) && stays(euid, old.euid) && stays(euid, old.fsuid) && stays(suid, old.suid)) return 0;
    if (!old.capable(abi::CAP_SETUID)) {
        for (u32 id : {ruid, euid, suid}) {
            if (id != kKeep && !is_one_of(id, old.uid, old.euid, old.suid)) return Errno::kPERM;
        }
    }
    Ref<Credentials> fresh = TRY(old.copy());
    if (ruid != kKeep) fresh->uid = ruid;
    if (euid != kKeep) fresh->euid = euid;
    if (suid != kKeep) fresh->suid = suid;
    fresh->fsuid = fresh->euid;
    adjust_capabilities(old, *fresh);
    TRY(publish(ctx, old, std::move(fresh)));
    return 0;
}

Result<i64> sys_setresgid(Ctx& ctx, u32 rgid, u32 egid, u32 sgid) {
    const Credentials& old = ctx.task.credentials();
    if (stays(rgid, old.gid) && stays(egid, old.egid) && stays(egid, old.fsgid) && stays(sgid, old.sgid)) return 0;
    if (!old.capable(abi::CAP_SETGID)) {
        for (u32 id : {rgid, egid, sgid}) {
            if (id != kKeep && !is_one_of(id, old.gid, old.egid, old.sgid)) return Errno::kPERM;
        }
    }
    Ref<Credentials> fresh = TRY(old.copy());
    if (rgid != kKeep) fresh->gid = rgid;
    if (egid != kKeep) fresh->egid = egid;
    if (sgid != kKeep) fresh->sgid = sgid;
    fresh->fsgid = fresh->egid;
    TRY(publish(ctx, old, std::move(fresh)));
    return 0;
}

// Both return the old id, whether it was changed or not.
Result<i64> sys_setfsuid(Ctx& ctx, u32 uid) {
    const Credentials& self = ctx.task.credentials();
    const u32 before = self.fsuid;
    const bool allowed =
        is_one_of(uid, self.uid, self.euid, self.suid) || uid == self.fsuid || self.capable(abi::CAP_SETUID);
    if (uid == kKeep || uid == before || !allowed) return before;
    Ref<Credentials> fresh = TRY(self.copy());
    fresh->fsuid = uid;
    adjust_file_capabilities(self, *fresh);
    TRY(publish(ctx, self, std::move(fresh)));
    return before;
}

Result<i64> sys_setfsgid(Ctx& ctx, u32 gid) {
    const Credentials& self = ctx.task.credentials();
    const u32 before = self.fsgid;
    const bool allowed =
        is_one_of(gid, self.gid, self.egid, self.sgid) || gid == self.fsgid || self.capable(abi::CAP_SETGID);
    if (gid == kKeep || gid == before || !allowed) return before;
    Ref<Credentials> fresh = TRY(self.copy());
    fresh->fsgid = gid;
    TRY(publish(ctx, self, std::move(fresh)));
    return before;
}

Result<i64> sys_getgroups(Ctx& ctx, i32 gidsetsize, UserAddr grouplist) {
    const Credentials& self = ctx.task.credentials();
    const i32 count = static_cast<i32>(self.groups.size());
    if (gidsetsize < 0) return Errno::kINVAL;
    if (gidsetsize == 0) return count;
    if (count > gidsetsize) return Errno::kINVAL;
    TRY(vm::UserOut<u32>(grouplist).store_array(self.groups.span()));
    return count;
}

Result<i64> sys_setgroups(Ctx& ctx, i32 gidsetsize, UserAddr grouplist) {
    const Credentials& self = ctx.task.credentials();
    if (!self.capable(abi::CAP_SETGID)) return Errno::kPERM;
    if (gidsetsize < 0 || gidsetsize > kMostGroups) return Errno::kINVAL;
    Ref<Credentials> fresh = TRY(self.copy());
    fresh->groups.clear();
    TRY(fresh->groups.try_reserve(static_cast<usize>(gidsetsize)));
    for (usize i = 0; i < static_cast<usize>(gidsetsize); i++) {
        const u32 group = TRY(vm::UserIn<u32>(grouplist).fetch_at(i));
        if (group == kKeep) return Errno::kINVAL;
        fresh->groups.push_reserved(group);
    }
    std::sort(fresh->groups.begin(), fresh->groups.end());
    ctx.task.set_credentials(std::move(fresh));
    return 0;
}

}  // namespace linux_abi
