#include "fs/sysfs/sysfs.h"

#include "fs/procfs/node_fs.h"

namespace fs::sysfs {
namespace {

struct State {
    OptRef<procfs::StaticDirectory> root;
    OptRef<Superblock> super;
};
[[clang::no_destroy]] constinit State state;

constexpr u64 kMagic = 0x62656572;  // SYSFS_MAGIC
Result<Ref<Superblock>> mount_sysfs(const MountRequest&) { return state.super.ref(); }
constinit FilesystemType type{.name = "sysfs", .mount = mount_sysfs};

}  // namespace

Result<void> add_node(std::string_view path, Ref<procfs::Node> node) {
    return procfs::add_below(state.root.ref(), path, std::move(node));
}
Result<void> add_file(std::string_view path, procfs::Generator generator, u32 permissions, procfs::Writer writer) {
    return sysfs::add_node(path, TRY(procfs::make_text(generator, permissions, writer)));
}
Result<void> add_directory(std::string_view path) {
    Ref<procfs::StaticDirectory> d = TRY(make_ref<procfs::StaticDirectory>());
    return procfs::add_below(state.root.ref(), path, std::move(d));
}

Result<void> init() {
    Ref<procfs::StaticDirectory> root = TRY(make_ref<procfs::StaticDirectory>());
    state.super = TRY(procfs::make_node_super("sysfs", kMagic, root));
    state.root = std::move(root);
    register_filesystem(type);
    for (std::string_view folder : {"kernel", "class/tty", "class/net", "class/input", "block", "bus", "dev/char",
                                    "dev/block", "firmware", "fs", "module", "power"}) {
        TRY(sysfs::add_directory(folder));
    }
    TRY(add_cpus());
    return {};
}

}  // namespace fs::sysfs
