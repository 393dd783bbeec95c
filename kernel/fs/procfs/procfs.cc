#include "fs/procfs/procfs.h"

#include "fs/procfs/node_fs.h"
#include "fs/procfs/system.h"
#include "fs/start.h"

namespace fs::procfs {
namespace {

constexpr u64 kMagic = 0x9fa0;  // PROC_SUPER_MAGIC
// Cookies of the processes' entries lie behind all registered names.
constexpr i64 kProcesses = 1 << 16;

// /proc itself: what is registered, then the processes.
class RootDirectory final : public StaticDirectory {
  public:
    Result<OptRef<Node>> lookup(const Caller& caller, std::string_view name) override {
        if (OptRef<Node> n = TRY(StaticDirectory::lookup(caller, name))) return n;
        if (!processes_) return OptRef<Node>();
        return processes_->lookup(caller, name);
    }
    Result<i64> iterate(const Caller& caller, i64 cookie, object::DirSink& sink) override {
        if (cookie < kProcesses) {
            struct Watch final : object::DirSink {
                explicit Watch(object::DirSink& s) : to(s) {}
                bool add(std::string_view name, u64 inode, u32 type, i64 next) override {
                    full = !to.add(name, inode, type, next);
                    return !full;
                }
                object::DirSink& to;
                bool full = false;
            } watch(sink);
            cookie = TRY(StaticDirectory::iterate(caller, cookie, watch));
            if (watch.full || !processes_) return cookie;
            cookie = kProcesses;
        }
        if (!processes_) return cookie;
        struct Shift final : object::DirSink {
            explicit Shift(object::DirSink& s) : to(s) {}
            bool add(std::string_view name, u64 inode, u32 type, i64 next) override {
                return to.add(name, inode, type, next + kProcesses);
            }
            object::DirSink& to;
        } shift(sink);
        return TRY(processes_->iterate(caller, cookie - kProcesses, shift)) + kProcesses;
    }
    void set_processes(Ref<DirectoryNode> provider) { processes_ = std::move(provider); }

  private:
    OptRef<DirectoryNode> processes_;
};

struct State {
    OptRef<RootDirectory> root;
    OptRef<Superblock> super;
};
[[clang::no_destroy]] constinit State state;

// Those of Linux are taken, and change nothing yet.
Result<void> check_option(std::string_view option) {
    const std::string_view key = option.substr(0, option.find('='));
    const bool known = key == "gid" || key == "hidepid" || key == "subset";
    return known && key.size() != option.size() ? Result<void>() : Errno::kINVAL;
}

Result<Ref<Superblock>> mount_proc(const MountRequest& request) {
    for (std::string_view rest = request.data; !rest.empty();) {
        const std::string_view option = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(option.size() + 1, rest.size()));
        if (!option.empty()) TRY(check_option(option));
    }
    return state.super.ref();
}
constinit FilesystemType type{.name = "proc", .mount = mount_proc, .check_option = check_option};

}  // namespace

Result<void> init() {
    Ref<RootDirectory> root = TRY(make_ref<RootDirectory>());
    state.super = TRY(make_node_super("proc", kMagic, root));
    state.root = std::move(root);
    register_filesystem(type);
    return add_system_files();
}

Result<void> add_node(std::string_view path, Ref<Node> node) {
    return add_below(state.root.ref(), path, std::move(node));
}
Result<void> add_file(std::string_view path, Generator generator, u32 permissions, Writer writer) {
    return add_node(path, TRY(make_text(generator, permissions, writer)));
}
Result<void> add_link(std::string_view path, std::string_view target) { return add_node(path, TRY(make_link(target))); }
Result<void> add_directory(std::string_view path) {
    Ref<StaticDirectory> d = TRY(make_ref<StaticDirectory>());
    return add_node(path, std::move(d));
}
void set_process_directory(Ref<DirectoryNode> provider) { state.root->set_processes(std::move(provider)); }

}  // namespace fs::procfs
