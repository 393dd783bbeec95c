// NodeSuper: a file system whose files are procfs::Nodes: /proc and /sys.
// Callers: procfs, sysfs.
// Locks, context: as Inode; the static tree under a sleeping lock of its own.
#pragma once

#include "base/string.h"
#include "fs/procfs/procfs.h"
#include "sched/rw_lock.h"
#include "sync/guarded.h"

namespace fs::procfs {

// A folder whose contents are registered.
class StaticDirectory : public DirectoryNode {
  public:
    StaticDirectory() : DirectoryNode(0555) {}
    Result<OptRef<Node>> lookup(const Caller& caller, std::string_view name) override;
    Result<i64> iterate(const Caller& caller, i64 cookie, object::DirSink& sink) override;
    u32 links() const override;
    StaticDirectory* as_static() override { return this; }

    // EEXIST, ENOMEM.
    Result<void> add(std::string_view name, Ref<Node> node);
    // The folder of that name, made if it is not there. ENOTDIR.
    Result<Ref<StaticDirectory>> folder(std::string_view name);

  private:
    struct Item {
        String name;
        Ref<Node> node;
    };
    sync::Guarded<Vector<Item>, sched::RwLock<sync::Rank::kProcfs>> items_;
};

// Adds `node` at a path below `root`, making the folders on the way.
Result<void> add_below(Ref<StaticDirectory> root, std::string_view path, Ref<Node> node);
// A text file out of functions.
Result<Ref<Node>> make_text(Generator generator, u32 permissions, Writer writer);
Result<Ref<Node>> make_link(std::string_view target);

// The file system with `root` at its top.
Result<Ref<Superblock>> make_node_super(std::string_view type_name, u64 magic, Ref<DirectoryNode> root);

}  // namespace fs::procfs
