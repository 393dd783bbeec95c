#include "fs/sysfs/sysfs.h"

#include "fs/procfs/node_fs.h"
#include "hw/cpus.h"

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

// CPU lists: "0-3". CPUs have no holes.
Result<void> show_cpus(const Caller&, procfs::SeqSink& sink) {
    const u32 n = hw::cpus_online();
    if (n > 1) {
        base::format_to(sink, "0-{}\n", n - 1);
    } else {
        sink.write("0\n");
    }
    return {};
}

}  // namespace

Result<void> add_file(std::string_view path, procfs::Generator generator, u32 permissions) {
    return procfs::add_below(state.root.ref(), path, TRY(procfs::make_text(generator, permissions, nullptr)));
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
    for (std::string_view file : {"online", "possible", "present"}) {
        FixedString<64> path("devices/system/cpu/");
        path.append(file);
        TRY(sysfs::add_file(path.view(), show_cpus));
    }
    return {};
}

}  // namespace fs::sysfs
