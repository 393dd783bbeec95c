// /proc itself as far as processes go, /proc/PID, task/.
#include "abi/linux/dirent.h"
#include "process/pid_table.h"
#include "process/procfs/handles.h"
#include "process/procfs/init.h"
#include "process/procfs/subject.h"
#include "process/tree.h"

namespace process::procfs {

using fs::procfs::DirectoryNode;
using fs::procfs::FileNode;
using fs::procfs::LinkNode;
using fs::procfs::Node;

bool Subject::alive() const {
    if (thread != 0) return static_cast<bool>(find_task(thread));
    TreeGuard guard;
    return process->life != Life::kReaped;
}

Node::Owner Subject::owner() const {
    if (!process->dumpable.load(std::memory_order_relaxed)) return {};
    if (const OptRef<Task> t = task()) {
        if (const OptRef<object::Credentials> c = t->credentials_of()) return {c->euid, c->egid};
    }
    return {process->euid, process->gid};
}

Result<void> may_inspect(const Subject& subject, const Caller& caller) {
    if (task_of(caller.thread) != nullptr && &task_of(caller.thread)->process() == subject.process.get()) return {};
    const OptRef<Task> task = subject.task();
    const OptRef<object::Credentials> theirs = task ? task->credentials_of() : nullptr;
    if (!theirs) return Errno::kSRCH;
    const object::Credentials& mine = caller.credentials;
    if (mine.capable(abi::CAP_SYS_PTRACE)) return {};
    const bool same = mine.fsuid == theirs->uid && mine.fsuid == theirs->euid && mine.fsuid == theirs->suid &&
                      mine.fsgid == theirs->gid && mine.fsgid == theirs->egid && mine.fsgid == theirs->sgid;
    return same && subject.process->dumpable.load(std::memory_order_relaxed) ? Result<void>() : Errno::kACCES;
}

namespace {

constexpr object::Facet kProcessFolder{"process folder"};

class TableFile final : public FileNode {
  public:
    TableFile(const Subject& subject, const FileEntry& entry, u64 index)
        : FileNode(entry.permissions), subject_(subject), entry_(entry), index_(index) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, index_); }
    Result<void> generate(const Caller& caller, SeqSink& sink) override {
        return entry_.generate(subject_, caller, sink);
    }
    OptRef<object::ChangeCount> changes() override {
        return entry_.changes == nullptr ? OptRef<object::ChangeCount>() : entry_.changes(subject_);
    }
    Result<void> write(const Caller& caller, std::string_view text) override {
        return entry_.write == nullptr ? FileNode::write(caller, text) : entry_.write(subject_, caller, text);
    }

  private:
    Subject subject_;
    const FileEntry& entry_;
    u64 index_;
};

class ProcessDirectory final : public DirectoryNode {
  public:
    explicit ProcessDirectory(const Subject& subject) : DirectoryNode(0555), subject_(subject) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 1); }
    u32 links() const override { return 9; }
    void* facet(const object::Facet& wanted) override {
        return &wanted == &kProcessFolder && subject_.thread == 0 ? subject_.process.get() : nullptr;
    }

    Result<OptRef<Node>> lookup(const Caller&, std::string_view name) override {
        u64 index = kFirstFile;
        for (const FileEntry& entry : file_entries()) {
            if (entry.name == name && shown(entry.shown)) {
                Ref<Node> node = TRY(make_ref<TableFile>(subject_, entry, index));
                return OptRef<Node>(std::move(node));
            }
            index++;
        }
        for (const SpecialEntry& entry : special_entries()) {
            if (entry.name == name && shown(entry.shown)) return make_special(subject_, name);
        }
        return OptRef<Node>();
    }
    Result<i64> iterate(const Caller&, i64 cookie, object::DirSink& sink) override {
        i64 at = kFirstCookie;
        const auto put = [&](std::string_view name, u32 type, bool show) {
            const i64 mine = at++;
            if (mine < cookie || !show) return true;
            if (!sink.add(name, node_number(subject_, kFirstFile + static_cast<u64>(mine)), type, mine + 1))
                return false;
            cookie = mine + 1;
            return true;
        };
        for (const FileEntry& entry : file_entries()) {
            if (!put(entry.name, abi::DT_REG, shown(entry.shown))) return cookie;
        }
        for (const SpecialEntry& entry : special_entries()) {
            if (!put(entry.name, entry.mode >> 12, shown(entry.shown))) return cookie;
        }
        return std::max(cookie, at);
    }

  private:
    static constexpr u64 kFirstFile = 16;
    bool shown(Shown where) const {
        return where == Shown::kBoth || where == (subject_.thread == 0 ? Shown::kProcess : Shown::kThread);
    }
    Subject subject_;
};

// The number that a name stands for; 0: none.
i32 number_of(std::string_view name) {
    if (name.empty() || name.size() > 6 || name[0] == '0') return 0;
    i32 n = 0;
    for (char c : name) {
        if (c < '0' || c > '9') return 0;
        n = n * 10 + (c - '0');
    }
    return n;
}

class TaskDirectory final : public DirectoryNode {
  public:
    explicit TaskDirectory(const Subject& subject) : DirectoryNode(0555), subject_(subject) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 2); }
    u32 links() const override {
        return 2 + subject_.process->signals().with([](SignalState& s) { return s.thread_count; });
    }
    Result<OptRef<Node>> lookup(const Caller&, std::string_view name) override {
        const i32 tid = number_of(name);
        const OptRef<Task> task = tid == 0 ? nullptr : find_task(tid);
        if (!task || &task->process() != subject_.process.get()) return OptRef<Node>();
        return OptRef<Node>(TRY(make_process_directory({subject_.process, tid})));
    }
    Result<i64> iterate(const Caller&, i64 cookie, object::DirSink& sink) override {
        for (;;) {
            const i32 tid = next_thread(static_cast<i32>(std::max<i64>(cookie - kFirstCookie, 0)));
            if (tid == 0) return cookie;
            FixedString<12> name;
            base::format_to(name, "{}", tid);
            if (!sink.add(name.view(), node_number({subject_.process, tid}, 1), abi::DT_DIR, tid + kFirstCookie))
                return cookie;
            cookie = tid + kFirstCookie;
        }
    }

  private:
    // The lowest number above `after`.
    i32 next_thread(i32 after) const {
        return subject_.process->signals().with([&](SignalState& s) {
            i32 best = 0;
            for (const Task& task : s.threads) {
                if (task.tid() > after && (best == 0 || task.tid() < best)) best = task.tid();
            }
            return best;
        });
    }
    Subject subject_;
};

class SelfLink final : public LinkNode {
  public:
    explicit SelfLink(bool thread) : thread_(thread) {}
    u64 number() const override { return thread_ ? 4026531843 : 4026531842; }
    Result<void> target(const Caller& caller, base::FormatSink sink) override {
        const Task* task = task_of(caller.thread);
        if (task == nullptr) return Errno::kNOENT;
        FixedString<40> text;
        if (thread_) {
            base::format_to(text, "{}/task/{}", task->process().pid(), task->tid());
        } else {
            base::format_to(text, "{}", task->process().pid());
        }
        sink.write(sink.self, text.view());
        return {};
    }

  private:
    bool thread_;
};

// What stands for processes in /proc. Cookies: 0 self, 1 thread-self, then the number + 1.
class RootProvider final : public DirectoryNode {
  public:
    RootProvider() : DirectoryNode(0555) {}
    Result<OptRef<Node>> lookup(const Caller&, std::string_view name) override {
        if (name == "self" || name == "thread-self") {
            Ref<Node> node = TRY(make_ref<SelfLink>(name != "self"));
            return OptRef<Node>(std::move(node));
        }
        const i32 number = number_of(name);
        if (number == 0) return OptRef<Node>();
        if (OptRef<Process> process = find_process(number))
            return OptRef<Node>(TRY(make_process_directory({process.take()})));
        // Threads have folders that listing does not show.
        const OptRef<Task> task = find_task(number);
        if (!task) return OptRef<Node>();
        return OptRef<Node>(TRY(make_process_directory({Ref<Process>(task->process()), number})));
    }
    Result<i64> iterate(const Caller&, i64 cookie, object::DirSink& sink) override {
        if (cookie <= 0) {
            if (!sink.add("self", 4026531842, abi::DT_LNK, 1)) return 0;
            cookie = 1;
        }
        if (cookie == 1) {
            if (!sink.add("thread-self", 4026531843, abi::DT_LNK, 2)) return 1;
            cookie = 2;
        }
        const auto is_process = [](const pid::Slot& slot) {
            return slot.process.load(std::memory_order_relaxed) != nullptr;
        };
        for (;;) {
            const i32 number = pid::next(static_cast<i32>(cookie) - 1, is_process);
            if (number == 0) return cookie;
            FixedString<12> name;
            base::format_to(name, "{}", number);
            const u64 inode = (u64{1} << 40) | (static_cast<u64>(number) << 20) | 1;
            if (!sink.add(name.view(), inode, abi::DT_DIR, number + 2)) return cookie;
            cookie = number + 2;
        }
    }
};

}  // namespace

Result<Ref<Node>> make_process_directory(const Subject& subject) {
    return Ref<Node>(TRY(make_ref<ProcessDirectory>(subject)));
}
Result<Ref<Node>> make_task_directory(const Subject& subject) {
    return Ref<Node>(TRY(make_ref<TaskDirectory>(subject)));
}

OptRef<Process> process_of_folder(object::File& file) {
    const Result<fs::Path> place = fs::path_of(file);
    if (!place.ok()) return nullptr;
    void* process = place.value().inode().facet(kProcessFolder);
    return process != nullptr ? OptRef<Process>(Ref<Process>(*static_cast<Process*>(process))) : nullptr;
}

Result<void> init() {
    TRY(add_settings());
    Ref<RootProvider> provider = TRY(make_ref<RootProvider>());
    fs::procfs::set_process_directory(std::move(provider));
    return {};
}

}  // namespace process::procfs
