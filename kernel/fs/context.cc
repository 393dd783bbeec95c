#include "fs/context.h"

namespace fs {

FsContext::FsContext(Path root, Path cwd, Ref<MountNamespace> space, u32 umask)
    : root_(std::move(root)), cwd_(std::move(cwd)), space_(std::move(space)), umask_(umask) {}

Result<Ref<FsContext>> FsContext::fork_copy() { return make_ref<FsContext>(root(), cwd(), space_, umask()); }

Path FsContext::root() const {
    sync::SpinGuard guard(lock_);
    return root_;
}
Path FsContext::cwd() const {
    sync::SpinGuard guard(lock_);
    return cwd_;
}

FsContext::Place FsContext::place_rcu(const Path& which) const {
    if (ref_count() == 1) [[likely]]
        return {which.mount.get(), which.dentry.get()};
    for (;;) {
        const u32 sequence = sequence_.read_begin();
        const Place p{which.mount.get(), which.dentry.get()};
        if (!sequence_.read_retry(sequence)) return p;
    }
}

void FsContext::replace(Path& which, Path fresh) {
    {
        sync::SpinGuard guard(lock_);
        sequence_.write_begin();
        std::swap(which.mount, fresh.mount);
        std::swap(which.dentry, fresh.dentry);
        sequence_.write_end();
    }
    // `fresh` now holds the old place and drops it here; what it names stays in memory for RCU readers.
}
void FsContext::set_root(Path path) { replace(root_, std::move(path)); }
void FsContext::set_cwd(Path path) { replace(cwd_, std::move(path)); }

Result<Ref<FsContext>> initial_context() {
    MountNamespace& space = initial_namespace();
    Ref<Mount> mount = space.root();
    Ref<Dentry> root(mount->root());
    return make_ref<FsContext>(Path{mount, root}, Path{mount, root}, Ref(space), 022u);
}

}  // namespace fs
