// /proc/PID/ns: links to namespaces, and the files that opening them gives (ioctl_ns(2)).
#include "process/namespaces.h"
#include "abi/linux/dirent.h"
#include "process/procfs/handles.h"
#include "process/procfs/subject.h"
#include "vm/user_memory.h"

namespace process::procfs {

using fs::procfs::DirectoryNode;
using fs::procfs::LinkNode;
using fs::procfs::Node;

namespace {

constexpr object::Facet kNamespaceFile{"namespace"};

struct NamespaceKind {
    std::string_view name, kind;
    u64 type;
    u64 number;  // of the first (Linux: include/linux/proc_ns.h), for most kinds the only one
};
constexpr u64 kTime = abi::CLONE_NEWTIME;
constexpr std::array<NamespaceKind, 10> kKinds = {{
    {"cgroup", "cgroup", abi::CLONE_NEWCGROUP, 4026531835},
    {"ipc", "ipc", abi::CLONE_NEWIPC, 4026531839},
    {"mnt", "mnt", abi::CLONE_NEWNS, 4026531841},
    {"net", "net", abi::CLONE_NEWNET, 4026531840},
    {"pid", "pid", abi::CLONE_NEWPID, 4026531836},
    {"pid_for_children", "pid", abi::CLONE_NEWPID, 4026531836},
    {"time", "time", kTime, 4026531834},
    {"time_for_children", "time", kTime, 4026531834},
    {"user", "user", abi::CLONE_NEWUSER, 4026531837},
    {"uts", "uts", abi::CLONE_NEWUTS, 4026531838},
}};
constexpr const NamespaceKind& kUserKind = kKinds[8];

u64 number_of(const NamespaceKind& kind, const NamespaceHandle& handle) {
    if (handle.mount) return handle.mount->number();
    return handle.uts ? handle.uts->number() : kind.number;
}

// The subject's namespace of a kind. ESRCH: it has ended.
Result<NamespaceHandle> handle_of(const Subject& subject, const NamespaceKind& kind) {
    NamespaceHandle handle{.type = kind.type, .mount = {}, .uts = {}};
    const OptRef<Task> task = subject.task();
    if (!task) return Errno::kNOENT;
    if (kind.type == abi::CLONE_NEWNS) {
        const OptRef<fs::FsContext> context = task->fs_of();
        if (!context) return Errno::kNOENT;
        handle.mount = Ref<fs::MountNamespace>(context->space());
    } else if (kind.type == abi::CLONE_NEWUTS) {
        handle.uts = task->uts_of();
        if (!handle.uts) return Errno::kNOENT;
    }
    return handle;
}

void describe_namespace(const NamespaceKind& kind, const NamespaceHandle& handle, base::FormatSink sink) {
    FixedString<48> text;
    base::format_to(text, "{}:[{}]", kind.kind, number_of(kind, handle));
    sink.write(sink.self, text.view());
}

void attributes_of(const NamespaceKind& kind, const NamespaceHandle& handle, object::Attributes& out) {
    out = {};
    out.device = {0, 4};  // as Linux's nsfs, a device without a name
    out.inode = number_of(kind, handle);
    out.mode = abi::S_IFREG | 0444;
}

class NamespaceFile final : public object::File {
  public:
    NamespaceFile(const NamespaceKind& kind, NamespaceHandle handle, u32 flags)
        : File(flags), kind_(kind), handle_(std::move(handle)) {}
    const NamespaceHandle& handle() const { return handle_; }
    Result<void> stat(object::Attributes& out) override {
        attributes_of(kind_, handle_, out);
        return {};
    }
    void describe(base::FormatSink sink) override { describe_namespace(kind_, handle_, sink); }
    void* facet(const object::Facet& wanted) override { return &wanted == &kNamespaceFile ? this : nullptr; }

    // Linux: ns_ioctl(), as seen from the one user namespace there is.
    Result<i64> ioctl(object::IoctlCtx& ctx) override {
        constexpr u32 kUserNamespace = 0xb701, kParent = 0xb702, kType = 0xb703, kOwner = 0xb704;  // NS_GET_*
        const bool is_user = kind_.type == abi::CLONE_NEWUSER;
        switch (ctx.cmd) {
            case kUserNamespace: return is_user ? Result<i64>(Errno::kPERM) : open_user_namespace(ctx);
            case kParent:
                return is_user || kind_.type == abi::CLONE_NEWPID ? Result<i64>(Errno::kPERM)
                                                                  : Result<i64>(Errno::kINVAL);
            case kType: return static_cast<i64>(kind_.type);
            case kOwner:
                if (!is_user) return Errno::kINVAL;
                TRY(vm::UserOut<u32>(ctx.arg).store(0));
                return 0;
            default: return Errno::kNOTTY;
        }
    }

  private:
    static Result<i64> open_user_namespace(object::IoctlCtx& ctx) {
        Task* task = task_of(ctx.thread);
        if (task == nullptr) return Errno::kINVAL;
        NamespaceHandle user{.type = kUserKind.type, .mount = {}, .uts = {}};
        Ref<object::File> file = TRY(make_ref<NamespaceFile>(kUserKind, std::move(user), u32{abi::O_RDONLY}));
        return static_cast<i64>(TRY(task->files().install(std::move(file), true)));
    }
    const NamespaceKind& kind_;
    const NamespaceHandle handle_;
};

class NamespaceLink final : public LinkNode {
  public:
    NamespaceLink(const Subject& subject, const NamespaceKind& kind) : subject_(subject), kind_(kind) {}
    bool magic() const override { return true; }
    Result<fs::Path> follow(const Caller& caller) override {
        TRY(may_inspect(subject_, caller));
        return Errno::kNXIO;
    }
    Result<void> attributes(const Caller& caller, object::Attributes& out) override {
        TRY(may_inspect(subject_, caller));
        attributes_of(kind_, TRY(handle_of(subject_, kind_)), out);
        return {};
    }
    Result<Ref<object::File>> open(const fs::OpenContext& ctx) override {
        TRY(may_inspect(subject_, ctx.caller));
        if ((ctx.flags & abi::O_ACCMODE) != abi::O_RDONLY) return Errno::kPERM;
        NamespaceHandle handle = TRY(handle_of(subject_, kind_));
        return Ref<object::File>(TRY(make_ref<NamespaceFile>(kind_, std::move(handle), ctx.flags)));
    }
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    Result<void> target(const Caller& caller, base::FormatSink sink) override {
        TRY(may_inspect(subject_, caller));
        describe_namespace(kind_, TRY(handle_of(subject_, kind_)), sink);
        return {};
    }

  private:
    Subject subject_;
    const NamespaceKind& kind_;
};

class NamespaceDirectory final : public DirectoryNode {
  public:
    explicit NamespaceDirectory(const Subject& subject) : DirectoryNode(0511), subject_(subject) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 5); }
    Result<OptRef<Node>> lookup(const Caller&, std::string_view name) override {
        for (const NamespaceKind& kind : kKinds) {
            if (kind.name != name) continue;
            Ref<Node> node = TRY(make_ref<NamespaceLink>(subject_, kind));
            return OptRef<Node>(std::move(node));
        }
        return OptRef<Node>();
    }
    Result<i64> iterate(const Caller&, i64 cookie, object::DirSink& sink) override {
        for (cookie = std::max(cookie, kFirstCookie); cookie - kFirstCookie < static_cast<i64>(kKinds.size());
             cookie++) {
            const NamespaceKind& kind = kKinds[static_cast<usize>(cookie - kFirstCookie)];
            if (!sink.add(kind.name, node_number(subject_, 512 + static_cast<u64>(cookie)), abi::DT_LNK, cookie + 1))
                break;
        }
        return cookie;
    }

  private:
    Subject subject_;
};

}  // namespace

Result<Ref<Node>> make_namespace_directory(const Subject& subject) {
    return Ref<Node>(TRY(make_ref<NamespaceDirectory>(subject)));
}

const NamespaceHandle* namespace_of(object::File& file) {
    void* found = file.facet(kNamespaceFile);
    return found == nullptr ? nullptr : &static_cast<NamespaceFile*>(found)->handle();
}

u64 namespace_type(object::File& file) {
    const NamespaceHandle* handle = namespace_of(file);
    return handle == nullptr ? 0 : handle->type;
}

}  // namespace process::procfs
