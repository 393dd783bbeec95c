// Source: Linux 6.1 fs/coredump.c (do_coredump, coredump_wait).
#include "process/core_dump.h"

#include "arch/context.h"
#include "arch/fpu.h"
#include "fs/operations.h"
#include "fs/procfs/procfs.h"
#include "process/core_name.h"
#include "process/core_writer.h"
#include "process/exit.h"
#include "process/signal_state.h"
#include "process/system_name.h"
#include "process/wait_status.h"
#include "time/clock.h"

namespace process {

namespace {

struct Settings {
    FixedString<127> pattern{"core"};  // CORENAME_MAX_SIZE
    bool uses_pid = false;
};
constinit sync::Guarded<Settings, sched::Mutex<sync::Rank::kGeneric>> settings;

// From here on the registers are in memory, for the dumper to read.
void save_registers(Task& self) {
    arch::fpu_reload_current();
    self.tracing.fs_base = arch::read_user_fs_base();
    self.tracing.gs_base = arch::read_user_gs_base();
}

// Stops all threads but the dumper. False: the process ends already, or has another program soon.
bool begin(Task& self, int signo) {
    Process& process = self.process();
    {
        auto s = process.signals().lock();
        if (must_die(*s, self)) return false;
        begin_group_exit(*s, signo, &self);
        s->core_dumper = &self;
        s->core_awaited = 0;
        for (const Task& task : s->threads) s->core_awaited += &task != &self && !task.signals.leaves ? 1 : 0;
    }
    save_registers(self);
    process.core_queue.wait([&] { return process.signals().lock()->core_awaited == 0; });
    return true;
}

void end(Process& process, bool dumped) {
    {
        auto s = process.signals().lock();
        s->core_dumper = nullptr;
        if (dumped) s->exit_status |= abi::WCOREFLAG;
    }
    process.core_queue.wake_all();
}

// The dumper first. ENOMEM.
Result<Vector<Task*>> threads_of(Task& self) {
    auto s = self.process().signals().lock();
    const u32 count = s->thread_count;
    s.unlock();
    Vector<Task*> threads;
    TRY(threads.try_reserve(count));
    threads.push_reserved(&self);
    s.relock();
    for (Task& task : s->threads) {
        if (&task != &self && !task.signals.leaves && threads.size() < count) threads.push_reserved(&task);
    }
    return threads;
}

Result<String> choose_name(Task& self, int signo) {
    const Settings now = *settings.lock();
    const OptRef<object::File> executable = self.process().executable();
    const String program = executable ? TRY(file_name(*executable)) : String();
    const SystemName host = self.uts().names().host;
    return core_name(now.pattern.view(), {.pid = self.process().pid(),
                                          .tid = self.tid(),
                                          .uid = self.credentials().uid,
                                          .gid = self.credentials().gid,
                                          .signo = signo,
                                          .time_s = time::realtime() / 1'000'000'000,
                                          .limit = self.process().limits().soft(abi::RLIMIT_CORE),
                                          .host = host.view(),
                                          .name = self.name.view(),
                                          .program = program.view(),
                                          .append_pid = now.uses_pid});
}

// A regular file of the process's own that nobody else can read or has another name for.
Result<Ref<object::File>> create_file(Task& self, std::string_view path) {
    if (path.empty()) return Errno::kNOENT;
    const fs::WalkCtx walk{self.fs(), {self, self.credentials()}, nullptr};
    (void)fs::unlink(walk, path);
    Ref<object::File> file = TRY(fs::open(
        walk, path,
        {.flags = u32{abi::O_CREAT | abi::O_RDWR | abi::O_NOFOLLOW | abi::O_LARGEFILE | abi::O_EXCL}, .mode = 0600}));
    object::Attributes a;
    TRY(file->stat(a));
    if ((a.mode & abi::S_IFMT) != abi::S_IFREG || a.links > 1 || a.uid != self.credentials().fsuid ||
        (a.mode & 0677) != 0600) {
        return Errno::kPERM;
    }
    return file;
}

Result<void> dump(Task& self, const SignalInfo& info) {
    const Vector<Task*> threads = TRY(threads_of(self));
    const String name = TRY(choose_name(self, info.signo));
    Ref<object::File> file = TRY(create_file(self, name.view()));
    file->add_descriptor();
    const Result<void> written = write_core(self, threads.span(), info, *file);
    file->drop_descriptor(false);
    (void)file.leak();  // the descriptor's
    return written;
}

// Whether there is a core.
bool dump_core(Task& self, const SignalInfo& info) {
    constexpr u64 kLeast = kPageSize;  // ELF_EXEC_PAGESIZE: linux_binfmt::min_coredump
    const Process& process = self.process();
    if (!process.dumpable.load(std::memory_order_relaxed) || !self.has_address_space()) return false;
    if (process.limits().soft(abi::RLIMIT_CORE) < kLeast) return false;
    if (!begin(self, info.signo)) return false;
    const bool dumped = dump(self, info).ok();
    end(self.process(), dumped);
    return dumped;
}

Result<void> show_pattern(const fs::Caller&, fs::procfs::SeqSink& sink) {
    base::format_to(sink, "{}\n", settings.lock()->pattern.view());
    return {};
}

// Pipes to a program are not there: such a pattern is refused, so that nobody waits for cores that never come.
Result<void> write_pattern(const fs::Caller&, std::string_view text) {
    text = text.substr(0, text.find_first_of(std::string_view("\n\0", 2)));
    if (text.starts_with('|')) return Errno::kINVAL;
    settings.lock()->pattern.assign(text);
    return {};
}

Result<void> show_uses_pid(const fs::Caller&, fs::procfs::SeqSink& sink) {
    base::format_to(sink, "{}\n", settings.lock()->uses_pid ? 1 : 0);
    return {};
}

Result<void> write_uses_pid(const fs::Caller&, std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text != "0" && text != "1") return Errno::kINVAL;
    settings.lock()->uses_pid = text == "1";
    return {};
}

}  // namespace

void die_by_signal(Task& self, const SignalInfo& info) {
    const bool core = default_action(info.signo) == DefaultAction::kCore && dump_core(self, info);
    exit_group(self, status_of_signal(info.signo, core));
}

void wait_for_core_dump(Task& self) {
    Process& process = self.process();
    bool registers_saved = false;
    for (;;) {
        {
            auto s = process.signals().lock();
            if (s->core_dumper == nullptr || s->core_dumper == &self) {
                self.signals.leaves = true;
                return;
            }
            if (registers_saved && --s->core_awaited == 0) process.core_queue.wake_all();
        }
        if (registers_saved) {
            process.core_queue.wait([&] { return process.signals().lock()->core_dumper == nullptr; });
        } else {
            save_registers(self);
            registers_saved = true;
        }
    }
}

Result<void> init_core_dumps() {
    TRY(fs::procfs::add_file("sys/kernel/core_pattern", show_pattern, 0644, write_pattern));
    return fs::procfs::add_file("sys/kernel/core_uses_pid", show_uses_pid, 0644, write_uses_pid);
}

}  // namespace process
