#include "fs/mount.h"

#include "abi/linux/mount.h"
#include "base/owner_of.h"
#include "fs/dentry_cache.h"
#include "fs/mount_table.h"
#include "fs/mount_tree.h"
#include "fs/notify.h"
#include "fs/path.h"

namespace fs {
namespace {

constinit std::atomic<u64> next_mount_id{20};
[[clang::no_destroy]] constinit OptRef<MountNamespace> initial;

// Linux: MNT_NS_INIT_INO is the first of the dynamic ones; what programs make comes far behind those of start-up.
constexpr u64 kInitialNumber = 4026531841;
constinit std::atomic<u64> next_number{4026532192};

}  // namespace

u64 next_namespace_number() { return next_number.fetch_add(1, std::memory_order_relaxed); }

Mount::Mount(Ref<Superblock> super, Ref<Dentry> root, String source, u64 flags)
    : super_(std::move(super)),
      root_(std::move(root)),
      flags_(flags),
      source_(std::move(source)),
      id_(next_mount_id.fetch_add(1, std::memory_order_relaxed)) {
    super_->mount_added();
}

Result<Ref<Mount>> Mount::create(Ref<Superblock> super, Ref<Dentry> root, std::string_view source, u64 flags) {
    String text = TRY(String::create(source));
    return make_ref<Mount>(std::move(super), std::move(root), std::move(text), flags);
}

void Mount::on_last_ref() {
    if (super_->mount_removed()) {
        // Cached dentries keep the file system's memory: nobody will ask for them again.
        dentry_cache.prune(*root_);
        super_->drop_root_dentry();
        notify::unmounted(*super_);
        super_->shutdown();
    }
    rcu::defer(rcu_, [](rcu::Head& h) { base::destroy(&base::owner_of<&Mount::rcu_>(h)); });
}

bool Mount::read_only() const { return (flags() & abi::MS_RDONLY) != 0 || super_->read_only(); }

void Mount::add_writer() {
    writers_.fetch_add(1, std::memory_order_relaxed);
    super_->add_writer();
}
void Mount::remove_writer() {
    writers_.fetch_sub(1, std::memory_order_relaxed);
    super_->remove_writer();
}
Result<void> check_no_writers(const Mount& mount) {
    if (mount.writers_.load(std::memory_order_relaxed) != 0) return Errno::kBUSY;
    return {};
}

MountNamespace::MountNamespace(Ref<Mount> root, Ref<object::ChangeCount> changes)
    : root_(std::move(root)),
      changes_(std::move(changes)),
      number_(initial ? next_namespace_number() : kInitialNumber) {}

Result<Ref<MountNamespace>> MountNamespace::create_empty(Ref<Mount> root) {
    Ref<object::ChangeCount> changes = TRY(make_ref<object::ChangeCount>());
    return make_ref<MountNamespace>(std::move(root), std::move(changes));
}

Result<Ref<MountNamespace>> MountNamespace::create(Ref<Mount> root) {
    Ref<MountNamespace> space = TRY(create_empty(std::move(root)));
    TreeGuard guard(mount_table.tree_lock);
    enter_space(*space->root_, *space);
    return space;
}

void MountNamespace::on_last_ref() { sched::system_work().submit(end_work_); }

void MountNamespace::end(sched::Work& work) {
    MountNamespace& space = base::owner_of<&MountNamespace::end_work_>(work);
    {
        GoingMounts gone;
        TreeGuard guard(mount_table.tree_lock);
        gone.take(*space.root_);
        guard.unlock();
    }
    base::destroy(&space);
}

Path MountNamespace::top() const {
    Path path{root_, Ref<Dentry>(root_->root())};
    step_into_mounts(path);
    return path;
}

MountNamespace& initial_namespace() { return *initial; }
void set_initial_namespace(Ref<MountNamespace> space) { initial = std::move(space); }

Result<Ref<Mount>> mount_superblock(Ref<Superblock> super, std::string_view source, u64 flags) {
    Ref<Dentry> root = TRY(super->root_dentry());
    return Mount::create(std::move(super), std::move(root), source, flags);
}

}  // namespace fs
