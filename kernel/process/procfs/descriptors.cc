// /proc/PID/fd and fdinfo; the links cwd, root and exe; names of special entries.
#include "abi/linux/dirent.h"
#include "fs/locks.h"
#include "memory/inject.h"
#include "process/procfs/subject.h"

namespace process::procfs {

using fs::procfs::DirectoryNode;
using fs::procfs::FileNode;
using fs::procfs::LinkNode;
using fs::procfs::Node;

namespace {

OptRef<object::DescriptorTable> table_of(const Subject& subject) {
    const OptRef<Task> task = subject.task();
    return task ? task->files_of() : nullptr;
}

Result<Ref<object::File>> file_of(const Subject& subject, int fd) {
    const OptRef<object::DescriptorTable> table = table_of(subject);
    if (!table) return Errno::kNOENT;
    Result<Ref<object::File>> file = table->get_counted(fd);
    return file.ok() ? Result<Ref<object::File>>(file.take()) : Errno::kNOENT;
}

bool is_open(const Subject& subject, int fd) { return file_of(subject, fd).ok(); }

class FdLink final : public LinkNode {
  public:
    FdLink(const Subject& subject, int fd, u32 permissions) : LinkNode(permissions), subject_(subject), fd_(fd) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return is_open(subject_, fd_); }
    u64 number() const override { return node_number(subject_, 0x10000 + static_cast<u64>(fd_)); }
    bool magic() const override { return true; }
    Result<void> target(const Caller& caller, base::FormatSink sink) override {
        TRY(may_inspect(subject_, caller));
        TRY(file_of(subject_, fd_))->describe(sink);
        return {};
    }
    Result<fs::Path> follow(const Caller& caller) override {
        TRY(may_inspect(subject_, caller));
        const Ref<object::File> file = TRY(file_of(subject_, fd_));
        Result<fs::Path> path = fs::path_of(*file);
        return path.ok() ? Result<fs::Path>(path.take()) : Errno::kNXIO;
    }

    Result<Ref<object::File>> open(const fs::OpenContext& ctx) override {
        TRY(may_inspect(subject_, ctx.caller));
        return TRY(file_of(subject_, fd_))->reopen(ctx.flags);
    }
    Result<void> attributes(const Caller& caller, object::Attributes& out) override {
        TRY(may_inspect(subject_, caller));
        return TRY(file_of(subject_, fd_))->stat(out);
    }

  private:
    Subject subject_;
    int fd_;
};

class FdInfo final : public FileNode {
  public:
    FdInfo(const Subject& subject, int fd) : FileNode(0400), subject_(subject), fd_(fd) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return is_open(subject_, fd_); }
    u64 number() const override { return node_number(subject_, 0x40000 + static_cast<u64>(fd_)); }
    Result<void> generate(const Caller&, SeqSink& sink) override {
        const OptRef<object::DescriptorTable> table = table_of(subject_);
        const Ref<object::File> file = TRY(file_of(subject_, fd_));
        const bool cloexec = table && table->cloexec(fd_).value_or(false);
        u32 access = file->readable() ? (file->writable() ? abi::O_RDWR : abi::O_RDONLY) : abi::O_WRONLY;
        if (file->path_only()) access = abi::O_PATH;
        object::Attributes attributes;
        (void)file->stat(attributes);
        const fs::Mount* mount = file->place().mount;
        base::format_to(sink, "pos:\t{}\nflags:\t0{:o}\nmnt_id:\t{}\nino:\t{}\n", file->position(),
                        access | file->status_flags() | (cloexec ? u32{abi::O_CLOEXEC} : 0),
                        mount != nullptr ? mount->id() : 15, attributes.inode);
        file->describe_info(
            {[](void* self, std::string_view text) { static_cast<SeqSink*>(self)->write(text); }, &sink});
        const fs::Inode* inode = fs::inode_of(*file);
        if (inode != nullptr) TRY(fs::show_locks_of(*inode, file.get(), table.get(), sink));
        return {};
    }

  private:
    Subject subject_;
    int fd_;
};

int fd_number(std::string_view name) {
    if (name.empty() || name.size() > 7 || (name.size() > 1 && name[0] == '0')) return -1;
    int n = 0;
    for (char c : name) {
        if (c < '0' || c > '9') return -1;
        n = n * 10 + (c - '0');
    }
    return n;
}

class FdDirectory final : public DirectoryNode {
  public:
    FdDirectory(const Subject& subject, bool info)
        : DirectoryNode(info ? 0555 : 0500), subject_(subject), info_(info) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, info_ ? 4 : 3); }
    u32 links() const override { return 2; }
    Result<OptRef<Node>> lookup(const Caller& caller, std::string_view name) override {
        TRY(may_inspect(subject_, caller));
        const int fd = fd_number(name);
        if (fd < 0) return OptRef<Node>();
        const Result<Ref<object::File>> file = file_of(subject_, fd);
        if (!file.ok()) return OptRef<Node>();
        if (info_) return OptRef<Node>(Ref<Node>(TRY(make_ref<FdInfo>(subject_, fd))));
        const u32 rights = (file.value()->readable() ? 0500u : 0) | (file.value()->writable() ? 0300u : 0);
        return OptRef<Node>(Ref<Node>(TRY(make_ref<FdLink>(subject_, fd, rights))));
    }
    Result<i64> iterate(const Caller& caller, i64 cookie, object::DirSink& sink) override {
        TRY(may_inspect(subject_, caller));
        const OptRef<object::DescriptorTable> table = table_of(subject_);
        if (!table) return cookie;
        for (;;) {
            const int fd = table->next_open(static_cast<u32>(std::max<i64>(cookie - kFirstCookie, 0)));
            if (fd < 0) return cookie;
            FixedString<12> name;
            base::format_to(name, "{}", fd);
            const u64 number = node_number(subject_, (info_ ? 0x40000 : 0x10000) + static_cast<u64>(fd));
            if (!sink.add(name.view(), number, info_ ? abi::DT_REG : abi::DT_LNK, fd + 1 + kFirstCookie)) return cookie;
            cookie = fd + 1 + kFirstCookie;
        }
    }

  private:
    Subject subject_;
    bool info_;
};

enum class PlaceKind : u8 { kCwd, kRoot, kExe };

class PlaceLink final : public LinkNode {
  public:
    PlaceLink(const Subject& subject, PlaceKind kind) : subject_(subject), kind_(kind) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 8 + static_cast<u64>(kind_)); }
    bool magic() const override { return true; }
    Result<void> target(const Caller& caller, base::FormatSink sink) override {
        const fs::Path path = TRY(follow(caller));
        const Task* reader = task_of(caller.thread);
        const fs::PathText text = TRY(fs::path_text(path, reader != nullptr ? reader->fs().root() : path, true));
        sink.write(sink.self, text.text.view());
        return {};
    }
    Result<fs::Path> follow(const Caller& caller) override {
        TRY(may_inspect(subject_, caller));
        if (kind_ == PlaceKind::kExe) {
            const OptRef<object::File> file = subject_.process->executable();
            if (!file) return Errno::kNOENT;
            return fs::path_of(*file);
        }
        const OptRef<Task> task = subject_.task();
        const OptRef<fs::FsContext> context = task ? task->fs_of() : nullptr;
        if (!context) return Errno::kNOENT;
        return kind_ == PlaceKind::kCwd ? context->cwd() : context->root();
    }

  private:
    Subject subject_;
    PlaceKind kind_;
};

constexpr u32 kFolder = abi::S_IFDIR, kLink = abi::S_IFLNK;
constexpr std::array<SpecialEntry, 10> kSpecial = {{
    {"task", kFolder, Shown::kProcess},
    {"fd", kFolder},
    {"fdinfo", kFolder},
    {"ns", kFolder},
    {"mem", abi::S_IFREG | 0600},
    {"pagemap", abi::S_IFREG | 0400},
    {"cwd", kLink},
    {"root", kLink},
    {"exe", kLink},
    {"fail-nth", abi::S_IFREG | 0644},  // the last: absent in kernels without failure injection
}};

}  // namespace

std::span<const SpecialEntry> special_entries() {
    return std::span(kSpecial).first(kSpecial.size() - (memory::inject::kEnabled ? 0 : 1));
}

Result<Ref<Node>> make_fd_directory(const Subject& subject, bool info) {
    return Ref<Node>(TRY(make_ref<FdDirectory>(subject, info)));
}

Result<OptRef<Node>> make_special(const Subject& subject, std::string_view name) {
    const auto place = [&](PlaceKind kind) -> Result<OptRef<Node>> {
        return OptRef<Node>(Ref<Node>(TRY(make_ref<PlaceLink>(subject, kind))));
    };
    if (name == "fd") return OptRef<Node>(TRY(make_fd_directory(subject, false)));
    if (name == "fdinfo") return OptRef<Node>(TRY(make_fd_directory(subject, true)));
    if (name == "task") return OptRef<Node>(TRY(make_task_directory(subject)));
    if (name == "ns") return OptRef<Node>(TRY(make_namespace_directory(subject)));
    if (name == "mem") return OptRef<Node>(TRY(make_memory_file(subject)));
    if (name == "pagemap") return OptRef<Node>(TRY(make_page_map(subject)));
    if (name == "fail-nth") return OptRef<Node>(TRY(make_fail_nth_file(subject)));
    if (name == "cwd") return place(PlaceKind::kCwd);
    if (name == "root") return place(PlaceKind::kRoot);
    return place(PlaceKind::kExe);
}

}  // namespace process::procfs
