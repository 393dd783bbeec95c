// mmap, munmap, mprotect, brk, mremap, msync, mincore, madvise, protection keys.
#include <algorithm>
#include <array>

#include "abi/linux/capability.h"
#include "abi/linux/fcntl.h"
#include "abi/linux/mman.h"
#include "arch/protection_keys.h"
#include "fs/operations.h"
#include "generated/syscall_prototypes.h"
#include "linux/file_args.h"
#include "linux/huge_pages.h"
#include "object/file_anchor.h"
#include "vm/address_space.h"
#include "vm/huge_object.h"

namespace linux_abi {
namespace {

using vm::MapFlags;
using vm::Prot;

Prot prot_of(u32 prot) { return static_cast<Prot>(prot & (abi::PROT_READ | abi::PROT_WRITE | abi::PROT_EXEC)); }

// What MAP_SHARED_VALIDATE knows; others are refused with it and ignored without (Linux: LEGACY_MAP_MASK).
constexpr u32 kKnownFlags = abi::MAP_TYPE | abi::MAP_FIXED | abi::MAP_ANONYMOUS | abi::MAP_32BIT | abi::MAP_GROWSDOWN |
                            abi::MAP_DENYWRITE | abi::MAP_EXECUTABLE | abi::MAP_LOCKED | abi::MAP_NORESERVE |
                            abi::MAP_POPULATE | abi::MAP_NONBLOCK | abi::MAP_STACK | abi::MAP_HUGETLB |
                            abi::MAP_UNINITIALIZED;

vm::Grows grows_of(u32 prot) {
    if ((prot & abi::PROT_GROWSDOWN) != 0) return vm::Grows::kDown;
    return (prot & abi::PROT_GROWSUP) != 0 ? vm::Grows::kUp : vm::Grows::kNot;
}

MapFlags map_flags_of(u32 flags) {
    MapFlags f = MapFlags::kNone;
    const auto take = [&](int bit, MapFlags mine) {
        if ((flags & static_cast<u32>(bit)) != 0) f = f | mine;
    };
    take(abi::MAP_FIXED, MapFlags::kFixed);
    take(abi::MAP_FIXED_NOREPLACE, MapFlags::kNoReplace);
    take(abi::MAP_GROWSDOWN, MapFlags::kGrowsDown);
    take(abi::MAP_NORESERVE, MapFlags::kNoReserve);
    take(abi::MAP_LOCKED, MapFlags::kLocked);
    take(abi::MAP_32BIT, MapFlags::k32Bit);
    take(abi::MAP_STACK, MapFlags::kNoHugePage);  // as Linux since 6.7: most of a thread's stack is never touched
    if ((flags & abi::MAP_POPULATE) != 0 && (flags & abi::MAP_NONBLOCK) == 0) f = f | MapFlags::kPopulate;
    return f;
}

bool may_lock(Ctx& ctx) {
    return ctx.task.address_space().limits.locked.load(std::memory_order_relaxed) != 0 ||
           ctx.task.credentials().capable(abi::CAP_IPC_LOCK);
}

// What the file says to being mapped so; r.object is its pages.
Result<void> ask_file(Ctx& ctx, vm::MapRequest& r, u32 prot, u32 flags, object::File& file) {
    const u32 type = flags & abi::MAP_TYPE;
    if (type < abi::MAP_SHARED || type > abi::MAP_SHARED_VALIDATE) return Errno::kINVAL;
    const bool shared = type != abi::MAP_PRIVATE;
    const bool write = (prot & abi::PROT_WRITE) != 0;
    if (type == abi::MAP_SHARED_VALIDATE && (flags & ~kKnownFlags) != 0) return Errno::kOPNOTSUPP;
    if (shared && write && !file.writable()) return Errno::kACCES;
    if (!file.readable()) return Errno::kACCES;
    if ((flags & abi::MAP_GROWSDOWN) != 0 && file.mappable()) return Errno::kINVAL;
    if (shared) {
        r.flags = r.flags | MapFlags::kShared;
        if (!file.writable()) r.max_prot = Prot::kReadExec;
    }
    r.object = TRY(file.map({.thread = ctx.task,
                             .offset = r.offset,
                             .length = r.length,
                             .shared = shared,
                             .write = write,
                             .execute = (prot & abi::PROT_EXEC) != 0}));
    r.file = object::anchor_of(Ref<object::File>(file));
    return {};
}

Result<void> use_no_file(vm::MapRequest& r, u32 flags) {
    switch (flags & abi::MAP_TYPE) {
        case abi::MAP_SHARED:
            if ((flags & abi::MAP_GROWSDOWN) != 0) return Errno::kINVAL;
            r.flags = r.flags | MapFlags::kShared;
            return {};
        case abi::MAP_PRIVATE: return {};
        default: return Errno::kINVAL;
    }
}

// The file behind mmap(MAP_ANONYMOUS | MAP_HUGETLB), as Linux makes one (ksys_mmap_pgoff); `r` is for it from now on.
Result<Ref<object::File>> make_huge_file(Ctx& ctx, vm::MapRequest& r, u32 flags) {
    const u64 page = huge_page_size(flags);
    if (page == 0) return Errno::kINVAL;
    if (page != vm::kHugeSize) {
        // There are none: what is wrong besides is told first.
        if ((flags & abi::MAP_FIXED) != 0 && r.hint.value % page != 0) return Errno::kINVAL;
        const u32 type = flags & abi::MAP_TYPE;
        return type < abi::MAP_SHARED || type > abi::MAP_SHARED_VALIDATE ? Errno::kINVAL : Errno::kNOMEM;
    }
    r.length = align_up(r.length, page);
    r.offset = 0;
    r.flags = r.flags | MapFlags::kHugeTlb;
    if (r.length == 0) return Errno::kINVAL;
    if (r.length > kUserLimit) return Errno::kNOMEM;
    return fs::create_huge_file(caller_of(ctx), "anon_hugepage", r.length, abi::F_SEAL_SEAL);
}

bool is_huge(object::File& file) {
    const fs::Inode* inode = fs::inode_of(file);
    return inode != nullptr && inode->is_regular() && inode->super().has_huge_pages();
}

}  // namespace

Result<i64> sys_mmap(Ctx& ctx, UserAddr addr, usize length, u32 prot, u32 flags, i32 fd, i64 offset) {
    if ((static_cast<u64>(offset) & (kPageSize - 1)) != 0) return Errno::kINVAL;
    vm::MapRequest r{.hint = addr, .length = length, .prot = prot_of(prot), .flags = map_flags_of(flags)};
    vm::AddressSpace& space = ctx.task.address_space();
    Result<void> asked;
    if ((flags & abi::MAP_ANONYMOUS) == 0) {
        const object::FileRef file = TRY(ctx.task.files().get(fd));
        if (is_huge(*file)) {
            r.flags = r.flags | MapFlags::kHugeTlb;
            r.length = length = align_up(length, vm::kHugeSize);
        } else if ((flags & abi::MAP_HUGETLB) != 0) {
            return Errno::kINVAL;
        }
        if (length == 0) return Errno::kINVAL;
        r.offset = static_cast<u64>(offset);
        if (length > kUserLimit) return Errno::kNOMEM;
        if (r.offset + length < r.offset) return Errno::kOVERFLOW;
        asked = ask_file(ctx, r, prot, flags, *file);
    } else {
        if (length == 0) return Errno::kINVAL;
        if ((flags & abi::MAP_HUGETLB) != 0) {
            const Ref<object::File> file = TRY(make_huge_file(ctx, r, flags));
            asked = ask_file(ctx, r, prot, flags, *file);
        } else {
            asked = use_no_file(r, flags);
        }
    }
    const bool locked = (flags & abi::MAP_LOCKED) != 0;
    if (!asked.ok()) {
        // do_mmap() looks for a place, and whether it may be locked in memory, before it asks.
        TRY(space.check_place(r));
        if (locked && !may_lock(ctx)) return Errno::kPERM;
        return asked.error();
    }
    if (locked && !may_lock(ctx)) return Errno::kPERM;
    return static_cast<i64>(TRY(space.map(std::move(r))).value);
}

Result<i64> sys_munmap(Ctx& ctx, UserAddr addr, usize length) {
    TRY(ctx.task.address_space().unmap(addr, length));
    return 0;
}

namespace {
Result<i64> protect(Ctx& ctx, UserAddr addr, usize length, u32 prot, i32 key) {
    constexpr u32 kGrows = abi::PROT_GROWSDOWN | abi::PROT_GROWSUP;
    if ((prot & kGrows) == kGrows) return Errno::kINVAL;
    if (!addr.page_aligned()) return Errno::kINVAL;
    if (length == 0) return 0;
    const u64 rounded = align_up(length, u64{kPageSize});
    if (addr.value + rounded <= addr.value) return Errno::kNOMEM;
    if ((prot & ~(kGrows | abi::PROT_READ | abi::PROT_WRITE | abi::PROT_EXEC | abi::PROT_SEM)) != 0)
        return Errno::kINVAL;
    TRY(ctx.task.address_space().protect(addr, rounded, prot_of(prot), grows_of(prot), key));
    return 0;
}
}  // namespace

Result<i64> sys_mprotect(Ctx& ctx, UserAddr addr, usize length, u32 prot) {
    return protect(ctx, addr, length, prot, vm::AddressSpace::kSameKey);
}

Result<i64> sys_brk(Ctx& ctx, UserAddr brk) { return static_cast<i64>(ctx.task.address_space().brk(brk).value); }

Result<i64> sys_mremap(Ctx& ctx, UserAddr addr, usize old_len, usize new_len, u32 flags, UserAddr new_addr) {
    if ((flags & ~u32{abi::MREMAP_MAYMOVE | abi::MREMAP_FIXED | abi::MREMAP_DONTUNMAP}) != 0) return Errno::kINVAL;
    return static_cast<i64>(
        TRY(ctx.task.address_space().remap(addr, old_len, new_len, static_cast<vm::RemapFlags>(flags), new_addr))
            .value);
}

Result<i64> sys_remap_file_pages(Ctx& ctx, UserAddr start, usize size, u64 prot, u64 pgoff, u64 flags) {
    if (prot != 0) return Errno::kINVAL;
    const bool prefault = (flags & u64{abi::MAP_NONBLOCK}) == 0;
    TRY(ctx.task.address_space().remap_pages(start, size, pgoff, prefault));
    return 0;
}

Result<i64> sys_msync(Ctx& ctx, UserAddr start, usize length, u32 flags) {
    if ((flags & ~u32{abi::MS_ASYNC | abi::MS_INVALIDATE | abi::MS_SYNC}) != 0) return Errno::kINVAL;
    if ((flags & abi::MS_ASYNC) != 0 && (flags & abi::MS_SYNC) != 0) return Errno::kINVAL;
    TRY(ctx.task.address_space().sync(start, length, (flags & abi::MS_SYNC) != 0, (flags & abi::MS_INVALIDATE) != 0));
    return 0;
}

namespace {
// What others have brought into memory of a file is told to who could write it only (Linux: can_do_mincore).
bool may_see_pages(Ctx& ctx, const vm::MappingInfo& m) {
    object::File* file = object::file_of(m.file);
    if (file == nullptr) return true;
    const Result<fs::Path> path = fs::path_of(*file);
    if (!path.ok()) return true;
    const fs::Inode& inode = path.value().inode();
    const object::Credentials& self = ctx.task.credentials();
    return fs::owner_or_capable(inode, self) || fs::check_permission(inode, self, abi::W_OK).ok();
}
}  // namespace

Result<i64> sys_mincore(Ctx& ctx, UserAddr start, usize length, UserAddr vec) {
    if (!start.page_aligned()) return Errno::kINVAL;
    if (length > kUserLimit || start.value > kUserLimit - length) return Errno::kNOMEM;
    const vm::UserSpan out{vec, pages_for(length)};
    if (vec.value > kUserLimit - out.len) return Errno::kFAULT;
    vm::AddressSpace& space = ctx.task.address_space();
    std::array<u8, 256> pages;
    for (usize done = 0; done < out.len;) {
        const UserAddr at = start + (done << kPageShift);
        vm::MappingInfo m;
        // What lies before a hole is told all the same.
        if (!space.find(at, m) || m.start.value > at.value) return Errno::kNOMEM;
        usize n = std::min({out.len - done, pages.size(), static_cast<usize>((m.end.value - at.value) >> kPageShift)});
        const std::span<u8> some = std::span(pages).first(n);
        if (may_see_pages(ctx, m)) {
            n = TRY(space.resident(at, some));
        } else {
            std::ranges::fill(some, u8{1});
        }
        TRY(out.copy_out(some.first(n), done));
        done += n;
    }
    return 0;
}

namespace {
struct AdviceRow {
    i32 behavior;
    vm::Advice advice;
};
constexpr std::array<AdviceRow, 23> kAdvice = {{
    {abi::MADV_NORMAL, vm::Advice::kNormal},
    {abi::MADV_RANDOM, vm::Advice::kRandom},
    {abi::MADV_SEQUENTIAL, vm::Advice::kSequential},
    {abi::MADV_WILLNEED, vm::Advice::kWillNeed},
    {abi::MADV_DONTNEED, vm::Advice::kDontNeed},
    {abi::MADV_FREE, vm::Advice::kFree},
    {abi::MADV_REMOVE, vm::Advice::kRemove},
    {abi::MADV_DONTFORK, vm::Advice::kDontFork},
    {abi::MADV_DOFORK, vm::Advice::kDoFork},
    {abi::MADV_MERGEABLE, vm::Advice::kMergeable},
    {abi::MADV_UNMERGEABLE, vm::Advice::kUnmergeable},
    {abi::MADV_HUGEPAGE, vm::Advice::kHugePage},
    {abi::MADV_NOHUGEPAGE, vm::Advice::kNoHugePage},
    {abi::MADV_DONTDUMP, vm::Advice::kDontDump},
    {abi::MADV_DODUMP, vm::Advice::kDoDump},
    {abi::MADV_WIPEONFORK, vm::Advice::kWipeOnFork},
    {abi::MADV_KEEPONFORK, vm::Advice::kKeepOnFork},
    {abi::MADV_COLD, vm::Advice::kCold},
    {abi::MADV_PAGEOUT, vm::Advice::kPageOut},
    {abi::MADV_POPULATE_READ, vm::Advice::kPopulateRead},
    {abi::MADV_POPULATE_WRITE, vm::Advice::kPopulateWrite},
    {abi::MADV_DONTNEED_LOCKED, vm::Advice::kDontNeedLocked},
    {abi::MADV_COLLAPSE, vm::Advice::kCollapse},
}};
}  // namespace

Result<i64> sys_madvise(Ctx& ctx, UserAddr start, usize length, i32 behavior) {
    for (const AdviceRow& row : kAdvice) {
        if (row.behavior != behavior) continue;
        TRY(ctx.task.address_space().advise(start, length, row.advice));
        return 0;
    }
    return Errno::kINVAL;
}

Result<i64> sys_pkey_mprotect(Ctx& ctx, UserAddr start, usize len, u32 prot, i32 pkey) {
    return protect(ctx, start, len, prot, pkey);
}
Result<i64> sys_pkey_alloc(Ctx& ctx, u64 flags, u64 init_val) {
    constexpr u64 kKnown = abi::PKEY_DISABLE_ACCESS | abi::PKEY_DISABLE_WRITE;
    if (flags != 0 || (init_val & ~kKnown) != 0) return Errno::kINVAL;
    const u32 key = TRY(ctx.task.address_space().allocate_key());
    arch::write_pkru(arch::with_key_denied(arch::read_pkru(), key, static_cast<u32>(init_val)));
    return key;
}
Result<i64> sys_pkey_free(Ctx& ctx, i32 pkey) {
    TRY(ctx.task.address_space().free_key(pkey));
    return 0;
}

}  // namespace linux_abi
