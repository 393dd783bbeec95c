#include "fs/path.h"

#include <algorithm>

#include "fs/dentry_cache.h"
#include "fs/leases.h"
#include "fs/locks.h"
#include "fs/notify.h"
#include "fs/walk.h"

namespace fs {
namespace {

void release_place(object::Place& p) {
    p.dentry->drop_ref();
    p.mount->drop_ref();
}

void write(base::FormatSink sink, std::string_view text) { sink.write(sink.self, text); }

void describe_place(const object::Place& p, base::FormatSink sink) {
    const Path path{Ref<Mount>(*p.mount), Ref<Dentry>(*p.dentry)};
    const Ref<Mount> mount = initial_namespace().root();
    const Path root{mount, Ref<Dentry>(mount->root())};
    Result<PathText> text = path_text(path, root, true);
    if (text.ok()) write(sink, text.value().text.view());
}

Result<void> stat_place(const object::Place& p, object::Attributes& out) {
    p.dentry->inode()->attributes(out);
    out.mount_id = p.mount->id();
    out.mount_root = p.dentry == &p.mount->root();
    return {};
}

extern const std::array<object::PlaceOps, 4> kPlaceOps;
void forget_access(object::Place& p);

void end_writer(object::Place& p) {
    p.dentry->inode()->end_write_access();
    p.mount->remove_writer();
    forget_access(p);
}
void end_reader(object::Place& p) {
    p.dentry->inode()->remove_reader();
    forget_access(p);
}
void end_denier(object::Place& p) {
    p.dentry->inode()->allow_write_access();
    forget_access(p);
}
template <void (*kEnd)(object::Place&)>
void end_and_release(object::Place& p) {
    kEnd(p);
    release_place(p);
}

// Closing any descriptor of a file drops the process's record locks on it (fcntl(2), as POSIX wants it).
void place_closed(const object::Place& p, const void* owner) {
    Inode& inode = *p.dentry->inode();
    if (inode.locks.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
        drop_locks(inode, owner, LockKind::kRecord);
}
void place_last_closed(const object::Place& p, const object::File& file) {
    if (!file.path_only()) notify::file(file, file.writable() ? abi::IN_CLOSE_WRITE : abi::IN_CLOSE_NOWRITE);
    Inode& inode = *p.dentry->inode();
    notify::file_closed(file, inode);
    if (inode.locks.load(std::memory_order_relaxed) == nullptr) [[likely]]
        return;
    drop_locks(inode, &file, LockKind::kFlock);
    drop_locks(inode, &file, LockKind::kRecord);
    drop_lease(inode, file);
}

template <void (*kEnd)(object::Place&)>
constexpr object::PlaceOps ops_ending() {
    return {end_and_release<kEnd>, describe_place, stat_place, place_closed, place_last_closed, kEnd};
}
// In the order of WriteAccess.
constexpr std::array<object::PlaceOps, 4> kPlaceOps{
    object::PlaceOps{release_place, describe_place, stat_place, place_closed, place_last_closed, nullptr},
    ops_ending<end_reader>(), ops_ending<end_writer>(), ops_ending<end_denier>()};

void forget_access(object::Place& p) { p.ops = &kPlaceOps.front(); }

// Puts components in front of what is there: a path is found from its end.
class Backwards {
  public:
    static constexpr usize kMost = 4096;
    Result<void> init() { return bytes_.try_resize(kMost); }
    bool prepend(std::string_view text) {
        if (text.size() > at_) return false;
        at_ -= text.size();
        std::copy(text.begin(), text.end(), bytes_.span().subspan(at_).begin());
        return true;
    }
    bool empty() const { return at_ == kMost; }
    std::string_view view() const { return std::string_view(bytes_.begin(), kMost).substr(at_); }
    void reset() { at_ = kMost; }

  private:
    Vector<char> bytes_;
    usize at_ = kMost;
};

// Follows parents up to `root`; ENAMETOOLONG. Under RCU, to be repeated if a rename or mount ran meanwhile.
Result<PathKind> collect(const Path& path, const Path& root, Backwards& out) {
    const Mount* mount = path.mount.get();
    const Dentry* d = path.dentry.get();
    while (mount != root.mount.get() || d != root.dentry.get()) {
        if (d == &mount->root() || d->is_root()) {
            const Mount* parent = mount->parent();
            if (d != &mount->root() || parent == nullptr) return PathKind::kUnreachable;
            d = mount->mountpoint();
            mount = parent;
            continue;
        }
        if (!out.prepend(d->name()) || !out.prepend("/")) return Errno::kNAMETOOLONG;
        d = d->parent();
    }
    return PathKind::kReachable;
}

}  // namespace

Result<Path> path_of(const object::File& file) {
    const object::Place& p = file.place();
    if (p.dentry == nullptr) return Errno::kBADF;
    return Path{Ref<Mount>(*p.mount), Ref<Dentry>(*p.dentry)};
}

Inode* inode_of(const object::File& file) {
    const object::Place& p = file.place();
    return p.dentry == nullptr ? nullptr : p.dentry->inode();
}

void touch_accessed(const object::File& file) {
    const object::Place& p = file.place();
    if (p.dentry == nullptr || (file.status_flags() & abi::O_NOATIME) != 0) return;
    p.dentry->inode()->touch_accessed(p.mount->flags());
}

void set_place(object::File& file, Path path, WriteAccess access) {
    file.set_place({path.mount.leak(), path.dentry.leak(), &kPlaceOps[static_cast<usize>(access)]});
}

Result<PathText> path_text(const Path& path, const Path& root, bool mark_deleted) {
    Backwards out;
    TRY(out.init());
    PathText result;
    if (path.dentry->unnamed()) {
        // memfd and O_TMPFILE: never had a name in a directory.
        TRY(result.text.try_append("/"));
        TRY(result.text.try_append(path.dentry->name()));
        if (mark_deleted) TRY(result.text.try_append(" (deleted)"));
        result.kind = PathKind::kDeleted;
        return result;
    }
    for (;;) {
        const u32 renames = dentry_cache.rename_sequence.read_begin();
        const u32 mounts = mount_sequence().read_begin();
        out.reset();
        rcu::ReadGuard rcu;
        result.kind = TRY(collect(path, root, out));
        if (!dentry_cache.rename_sequence.read_retry(renames) && !mount_sequence().read_retry(mounts)) break;
    }
    if (result.kind == PathKind::kUnreachable) TRY(result.text.try_append("(unreachable)"));
    TRY(result.text.try_append(out.empty() ? "/" : out.view()));
    if (path.dentry->deleted()) {
        result.kind = PathKind::kDeleted;
        if (mark_deleted) TRY(result.text.try_append(" (deleted)"));
    }
    return result;
}

Result<PathText> path_in_super(const Dentry& dentry) {
    Backwards out;
    TRY(out.init());
    PathText result;
    for (;;) {
        const u32 renames = dentry_cache.rename_sequence.read_begin();
        out.reset();
        rcu::ReadGuard rcu;
        for (const Dentry* d = &dentry; !d->is_root(); d = d->parent()) {
            if (!out.prepend(d->name()) || !out.prepend("/")) return Errno::kNAMETOOLONG;
        }
        if (!dentry_cache.rename_sequence.read_retry(renames)) break;
    }
    TRY(result.text.try_append(out.empty() ? "/" : out.view()));
    if (dentry.deleted()) result.kind = PathKind::kDeleted;
    return result;
}

void attributes_of(const Path& path, object::Attributes& out) {
    path.inode().attributes(out);
    out.mount_id = path.mount->id();
    out.mount_root = path.dentry.get() == &path.mount->root();
}

}  // namespace fs
