// Subject: the process or thread that a node of /proc is about; and the node classes made of tables.
// Callers: process/procfs.
// Locks, context: thread context of a reader.
#pragma once

#include "fs/procfs/procfs.h"
#include "process/process.h"

namespace process::procfs {

using fs::Caller;
using fs::procfs::SeqSink;

// /proc/PID (thread 0) or /proc/PID/task/TID.
struct Subject {
    Ref<Process> process;
    i32 thread = 0;

    i32 id() const { return thread != 0 ? thread : process->pid(); }
    // The thread meant, or any of the process; null once there is none (a zombie).
    OptRef<Task> task() const { return thread != 0 ? find_task(thread) : process->any_task(); }
    bool alive() const;
    fs::procfs::Node::Owner owner() const;
};

// In which folders an entry is: of processes, of their threads (task/TID), or both.
enum class Shown : u8 { kBoth, kProcess, kThread };

// A file of every process's folder.
struct FileEntry {
    std::string_view name;
    u32 permissions;
    Result<void> (*generate)(const Subject& subject, const Caller& caller, SeqSink& sink);
    Result<void> (*write)(const Subject& subject, const Caller& caller, std::string_view text) = nullptr;
    Shown shown = Shown::kBoth;
    OptRef<object::ChangeCount> (*changes)(const Subject& subject) = nullptr;
};
std::span<const FileEntry> file_entries();

// The folders and links beside the files; null: no such name.
Result<OptRef<fs::procfs::Node>> make_special(const Subject& subject, std::string_view name);
struct SpecialEntry {
    std::string_view name;
    u32 mode;
    Shown shown = Shown::kBoth;
};
std::span<const SpecialEntry> special_entries();

// Cookies of a folder's own entries begin here: 0 and 1 are "." and "..".
inline constexpr i64 kFirstCookie = 2;

// Its number under /proc is the process's, its place in the folder the rest.
inline u64 node_number(const Subject& subject, u64 index) {
    return (u64{1} << 40) | (static_cast<u64>(subject.id()) << 20) | index;
}

// Texts; one function a file.
Result<void> show_stat(const Subject&, const Caller&, SeqSink&);
Result<void> show_statm(const Subject&, const Caller&, SeqSink&);
Result<void> show_status(const Subject&, const Caller&, SeqSink&);
Result<void> show_maps(const Subject&, const Caller&, SeqSink&);
Result<void> show_smaps(const Subject&, const Caller&, SeqSink&);
Result<void> show_smaps_rollup(const Subject&, const Caller&, SeqSink&);
Result<void> show_command_line(const Subject&, const Caller&, SeqSink&);
Result<void> show_environment(const Subject&, const Caller&, SeqSink&);
Result<void> show_auxiliary_vector(const Subject&, const Caller&, SeqSink&);
Result<void> show_numa_maps(const Subject&, const Caller&, SeqSink&);
Result<void> clear_references(const Subject&, const Caller&, std::string_view text);
Result<void> show_system_call(const Subject&, const Caller&, SeqSink&);
Result<void> show_stack(const Subject&, const Caller&, SeqSink&);
Result<void> show_wait_channel(const Subject&, const Caller&, SeqSink&);
Result<void> show_children(const Subject&, const Caller&, SeqSink&);
Result<void> show_limits(const Subject&, const Caller&, SeqSink&);

// The files in /proc/sys/kernel; start-up.
Result<void> add_settings();

// What ps shows as the state: R, S, D, T, Z, I.
struct StateName {
    char letter;
    std::string_view word;
};
StateName state_of(const Subject& subject, const Task* task);

// fd/, fdinfo/, task/, ns/.
Result<Ref<fs::procfs::Node>> make_fd_directory(const Subject& subject, bool info);
Result<Ref<fs::procfs::Node>> make_task_directory(const Subject& subject);
Result<Ref<fs::procfs::Node>> make_namespace_directory(const Subject& subject);
Result<Ref<fs::procfs::Node>> make_memory_file(const Subject& subject);
Result<Ref<fs::procfs::Node>> make_page_map(const Subject& subject);
Result<Ref<fs::procfs::Node>> make_fail_nth_file(const Subject& subject);
// /proc/PID or /proc/PID/task/TID.
Result<Ref<fs::procfs::Node>> make_process_directory(const Subject& subject);

// Whether `caller` may look into the subject's memory and files (ptrace's rule for reading). EACCES, ESRCH.
Result<void> may_inspect(const Subject& subject, const Caller& caller);

}  // namespace process::procfs
