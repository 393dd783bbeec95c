#include "fs/inode.h"

#include "abi/linux/mount.h"

#include "base/owner_of.h"
#include "fs/directory_file.h"
#include "fs/locks.h"
#include "fs/notify.h"
#include "fs/path.h"
#include "time/clock.h"

namespace fs {

Inode::Inode(Superblock& super, u64 number, u32 mode)
    : super_(super), revalidates_(super.revalidates()), number_(number), mode_(mode) {
    const i64 now = time::realtime();
    set_times(now, now, now);
    born_ = now;
}

Inode::~Inode() {
    destroy_locks(locks.load(std::memory_order_relaxed));
    notify::destroy_list(watches.load(std::memory_order_relaxed));
    Own<AccessLists> last(lists_.read());
}

void Inode::on_last_ref() {
    evict();
    rcu::defer(rcu_, [](rcu::Head& h) { base::destroy(&base::owner_of<&Inode::rcu_>(h)); });
}

Result<OptRef<Inode>> Inode::lookup(const Caller&, const NameKey&) { return Errno::kNOTDIR; }
Result<Ref<Inode>> Inode::create(const Caller&, const NameKey&, u32, object::DeviceNumber) { return Errno::kPERM; }
Result<Ref<Inode>> Inode::symlink(const Caller&, const NameKey&, std::string_view) { return Errno::kPERM; }
Result<void> Inode::link(const NameKey&, Inode&) { return Errno::kPERM; }
Result<void> Inode::unlink(const NameKey&, Inode&) { return Errno::kPERM; }
Result<void> Inode::rmdir(const NameKey&, Inode&) { return Errno::kPERM; }
Result<void> Inode::rename(const NameKey&, Inode&, Inode&, const NameKey&, Inode*, u32) { return Errno::kPERM; }
Result<Ref<Inode>> Inode::create_unnamed(const Caller&, u32) { return Errno::kOPNOTSUPP; }
Result<i64> Inode::iterate(const Caller&, i64, object::DirSink&) { return Errno::kNOTDIR; }

Result<void> Inode::read_link(const Caller&, base::FormatSink sink) {
    const std::string_view text = link_in_memory();
    if (text.empty()) return Errno::kINVAL;
    sink.write(sink.self, text);
    return {};
}
Result<Path> Inode::follow_magic(const Caller&) { return Errno::kINVAL; }

Result<Ref<object::File>> Inode::open(const OpenContext& ctx) {
    switch (type()) {
        case abi::S_IFDIR: return DirectoryFile::create(*this, ctx.flags);
        case abi::S_IFCHR: return open_device(DeviceKind::kCharacter, special(), ctx);
        case abi::S_IFBLK: return open_device(DeviceKind::kBlock, special(), ctx);
        case abi::S_IFIFO: return open_fifo(ctx, *this);
        default: return Errno::kNXIO;  // sockets
    }
}

void Inode::attributes(object::Attributes& out) const {
    out.device = super_->device();
    out.special = special_;
    out.inode = number_;
    out.links = links();
    out.size = size();
    out.blocks = (out.size + kPageSize - 1) / kPageSize * (kPageSize / 512);
    out.accessed_ns = accessed_ns();
    out.modified_ns = modified_ns();
    out.changed_ns = changed_ns();
    out.born_ns = born_;
    out.mode = mode();
    out.uid = uid();
    out.gid = gid();
    out.block_size = kPageSize;
}

Result<void> Inode::set_attributes(const AttributeChange& c) {
    using A = AttributeChange;
    if (c.what & A::kSize) return Errno::kINVAL;
    if (c.what & A::kMode) set_mode((mode() & abi::S_IFMT) | (c.mode & 07777));
    if (c.what & (A::kUid | A::kGid)) set_owner(c.what & A::kUid ? c.uid : uid(), c.what & A::kGid ? c.gid : gid());
    if (c.what & A::kAccessed) accessed_.store(c.accessed_ns, std::memory_order_relaxed);
    if (c.what & A::kModified) modified_.store(c.modified_ns, std::memory_order_relaxed);
    if (c.what & A::kChanged) changed_.store(c.changed_ns, std::memory_order_relaxed);
    return {};
}

Result<usize> Inode::get_xattr(std::string_view, std::span<u8>) { return Errno::kOPNOTSUPP; }
Result<void> Inode::set_xattr(std::string_view, std::span<const u8>, u32) { return Errno::kOPNOTSUPP; }
Result<void> Inode::remove_xattr(std::string_view) { return Errno::kOPNOTSUPP; }
Result<void> Inode::list_xattr(base::FormatSink) { return {}; }

void Inode::touch_modified() {
    const i64 now = time::realtime();
    modified_.store(now, std::memory_order_relaxed);
    changed_.store(now, std::memory_order_relaxed);
}
void Inode::touch_changed() { changed_.store(time::realtime(), std::memory_order_relaxed); }

// Linux: atime_needs_update(). relatime (relatime_need_update()): only if older than the last change, or than a day.
void Inode::touch_accessed(u64 mount_flags) {
    if ((mount_flags & abi::MS_NOATIME) != 0) return;
    if ((mount_flags & abi::MS_NODIRATIME) != 0 && is_directory()) return;
    const bool always = (mount_flags & abi::MS_RELATIME) == 0;
    constexpr i64 kDay = i64{86400} * 1'000'000'000;
    const i64 accessed = accessed_ns();
    if (!always && accessed > modified_ns() && accessed > changed_ns()) [[likely]] {
        // The day is checked on the cheap clock only when the stamp is this old.
        const i64 now = time::realtime();
        if (now - accessed < kDay) return;
        accessed_.store(now, std::memory_order_relaxed);
        return;
    }
    accessed_.store(time::realtime(), std::memory_order_relaxed);
}

Result<void> Inode::begin_write_access() {
    i32 n = writers_.load(std::memory_order_relaxed);
    do {
        if (n < 0) return Errno::kTXTBSY;
    } while (!writers_.compare_exchange_weak(n, n + 1, std::memory_order_relaxed));
    return {};
}
Result<void> Inode::deny_write_access() {
    i32 n = writers_.load(std::memory_order_relaxed);
    do {
        if (n > 0) return Errno::kTXTBSY;
    } while (!writers_.compare_exchange_weak(n, n - 1, std::memory_order_relaxed));
    return {};
}

void Inode::set_access_lists(Own<AccessLists> fresh) {
    AccessLists* const old = lists_.exchange(fresh.release());
    if (old != nullptr)
        rcu::defer(old->rcu, [](rcu::Head& h) { base::destroy(&base::owner_of<&AccessLists::rcu>(h)); });
}

namespace {

// What capabilities allow when mode and lists do not. EACCES.
Result<void> override_permission(u32 mode, const object::Credentials& credentials, u32 mask) {
    const bool directory = (mode & abi::S_IFMT) == abi::S_IFDIR;
    if (directory) {
        if ((mask & abi::W_OK) == 0 && credentials.capable(abi::CAP_DAC_READ_SEARCH)) return {};
        if (credentials.capable(abi::CAP_DAC_OVERRIDE)) return {};
        return Errno::kACCES;
    }
    if (mask == abi::R_OK && credentials.capable(abi::CAP_DAC_READ_SEARCH)) return {};
    // Execution needs some x bit even for root.
    if (((mask & abi::X_OK) == 0 || (mode & 0111) != 0) && credentials.capable(abi::CAP_DAC_OVERRIDE)) return {};
    return Errno::kACCES;
}

// Of an inode with lists. As Linux, whose lists count for those who are not the owner while the mode gives the group
// anything.
[[gnu::noinline]] Result<void> check_lists(const Inode& inode, const object::Credentials& credentials, u32 mask) {
    const u32 mode = inode.mode();
    if (credentials.fsuid != inode.uid() && (mode & 0070) != 0) {
        const rcu::ReadGuard reading;
        const AccessLists* const lists = inode.access_lists();
        if (lists != nullptr && !lists->access.empty()) {
            if (lists->access.grants(credentials, inode.gid(), mask)) return {};
            return override_permission(mode, credentials, mask);
        }
    }
    return check_permission(mode, inode.uid(), inode.gid(), credentials, mask);
}

}  // namespace

Result<void> check_permission(const Inode& inode, const object::Credentials& credentials, u32 mask) {
    if (inode.access_lists() != nullptr) [[unlikely]]
        return check_lists(inode, credentials, mask);
    return check_permission(inode.mode(), inode.uid(), inode.gid(), credentials, mask);
}

Result<void> check_permission(u32 mode, u32 uid, u32 gid, const object::Credentials& credentials, u32 mask) {
    // What all three classes may do needs no look at who asks.
    const u32 all = mode & (mode >> 3) & (mode >> 6) & 7;
    if ((mask & ~all) == 0) return {};
    u32 granted = mode;
    if (credentials.fsuid == uid) {
        granted >>= 6;
    } else if (credentials.in_group(gid)) {
        granted >>= 3;
    }
    if ((mask & ~granted & 7) == 0) return {};
    return override_permission(mode, credentials, mask);
}

bool owner_or_capable(const Inode& inode, const object::Credentials& credentials) {
    return credentials.fsuid == inode.uid() || credentials.capable(abi::CAP_FOWNER);
}

}  // namespace fs
