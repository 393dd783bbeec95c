// DescriptorTable: the small numbers by which a process names its files, each with rights and a close-on-exec flag.
// Callers: linux/ and native/ (the running task's own table), process/ (fork, exec, exit), procfs (others' tables).
// Locks, context: get() takes no lock; changes take the table's spin lock. Files are closed without locks held:
// close, dup_to, close_range, close_on_exec and the destructor may sleep.
#pragma once

#include <array>
#include <atomic>
#include <span>

#include "base/own.h"
#include "base/ref.h"
#include "base/vector.h"
#include "object/file.h"
#include "sync/rcu.h"
#include "sync/spin_lock.h"

namespace object {

// What a descriptor may be used for. Linux calls give all; native calls narrow them. Rights only shrink.
enum class Rights : u32 { kNone = 0, kAll = ~0u };

// A file borrowed from a table: with a reference of its own only when the table is shared by threads. Lives no
// longer than the system call that got it.
class FileRef {
  public:
    FileRef(File& f, bool owned) : file_(&f), owned_(owned) {}
    FileRef(FileRef&& o) noexcept : file_(o.file_), owned_(std::exchange(o.owned_, false)) {}
    FileRef(const FileRef&) = delete;
    FileRef& operator=(const FileRef&) = delete;
    FileRef& operator=(FileRef&&) = delete;
    ~FileRef() {
        if (owned_) file_->drop_ref();
    }
    File& operator*() const { return *file_; }
    File* operator->() const { return file_; }
    File* get() const { return file_; }
    // A reference that outlives the call.
    Ref<File> ref() const { return Ref<File>(*file_); }

  private:
    File* file_;
    bool owned_;
};

class DescriptorTable : public RefCounted<DescriptorTable> {
  public:
    // Linux: sysctl fs.nr_open.
    static constexpr u32 kMost = 1u << 20;

    // An empty table. ENOMEM.
    static Result<Ref<DescriptorTable>> create();
    // A copy for fork: the same files under the same numbers. ENOMEM.
    Result<Ref<DescriptorTable>> fork_copy();
    // The same, without descriptors first..last (close_range with CLOSE_RANGE_UNSHARE).
    Result<Ref<DescriptorTable>> fork_copy_without(u32 first, u32 last);
    ~DescriptorTable();

    // EBADF for a number that names nothing or an O_PATH file.
    [[gnu::always_inline]] Result<FileRef> get(int fd) {
        Result<FileRef> f = get_any(fd);
        if (f.ok() && f.value()->path_only()) [[unlikely]]
            return Errno::kBADF;
        return f;
    }
    // The same, O_PATH files included.
    [[gnu::always_inline]] Result<FileRef> get_any(int fd) {
        if (ref_count() == 1) [[likely]] {
            // Nobody else can close it before this call ends: only the owner changes an unshared table.
            const Slots& slots = *slots_.load(std::memory_order_relaxed);
            if (static_cast<u32>(fd) >= slots.entries.size()) return Errno::kBADF;
            File* f = slots.entries[static_cast<u32>(fd)].file.load(std::memory_order_relaxed);
            if (f == nullptr) return Errno::kBADF;
            return FileRef(*f, false);
        }
        return get_shared(fd);
    }
    // A counted reference, from any thread (procfs, SCM_RIGHTS, pidfd_getfd). EBADF.
    Result<Ref<File>> get_counted(int fd);
    // EBADF.
    Result<Rights> rights(int fd) const;

    // The lowest free number from `min_fd` on, below `limit` (RLIMIT_NOFILE; ~0: none). EMFILE, ENOMEM.
    Result<int> install(Ref<File> file, bool cloexec, Rights rights = Rights::kAll, u32 min_fd = 0);
    // In two steps, for calls that must not fail after the file exists: the number stays taken and names nothing.
    Result<int> reserve(bool cloexec, u32 min_fd = 0);
    void commit(int fd, Ref<File> file, Rights rights = Rights::kAll);
    void cancel(int fd);

    Result<void> close(int fd);
    // dup2, dup3: `to` names what `from` names; what it named before is closed. EBADF, EBUSY, EMFILE.
    Result<int> dup_to(int from, int to, bool cloexec);
    // F_DUPFD. EINVAL when min_fd is beyond the limit.
    Result<int> dup_from(int from, u32 min_fd, bool cloexec);
    // close_range(2); with cloexec_only: marks instead.
    void close_range(u32 first, u32 last, bool cloexec_only);
    // exec: closes what is marked.
    void close_on_exec();
    Result<bool> cloexec(int fd) const;
    Result<void> set_cloexec(int fd, bool on);

    // RLIMIT_NOFILE as the table enforces it; process/ keeps it up to date (also after fork_copy, which copies it).
    void set_limit(u64 soft) { limit_.store(soft < kMost ? static_cast<u32>(soft) : kMost, std::memory_order_relaxed); }
    u32 limit() const { return limit_.load(std::memory_order_relaxed); }
    // The first open descriptor at or after `from`; -1: none. For /proc/PID/fd.
    int next_open(u32 from) const;
    u32 capacity() const;

    // Use DescriptorTable::create().
    DescriptorTable() = default;

  private:
    struct Entry {
        std::atomic<File*> file{nullptr};  // one of its descriptors; null with the bit set: reserved
        std::atomic<u32> rights{0};
        Entry() = default;
        Entry(Entry&& o) noexcept
            : file(o.file.load(std::memory_order_relaxed)), rights(o.rights.load(std::memory_order_relaxed)) {}
    };
    // The arrays grow by being replaced; readers of a shared table may still hold the old ones (RCU). Small ones
    // are inside, so that fork allocates once. Bitmaps: guarded by lock_.
    struct Slots {
        static constexpr u32 kSmall = 64;
        std::span<Entry> entries;
        std::span<u64> open;
        std::span<u64> cloexec;
        std::array<Entry, kSmall> small_entries;
        std::array<u64, 2> small_bits{};
        Vector<Entry> large_entries;
        Vector<u64> large_bits;
        rcu::Head rcu;
    };
    using Lock = sync::SpinLock<sync::Rank::kDescriptorTable>;
    static Result<Own<Slots>> make_slots(u32 entries);
    Slots& slots() const { return *slots_.load(std::memory_order_relaxed); }
    Result<FileRef> get_shared(int fd);
    Result<void> grow(u32 at_least);
    Result<int> take_number(u32 min_fd, u32 limit, bool cloexec);
    Result<Ref<DescriptorTable>> copy_without(u32 skip_first, u32 skip_last);
    // Takes the file out of its slot and frees the number; null: none. Lock held.
    File* take_out(u32 fd);
    void close_file(File& file);
    void close_matching(u32 first, u32 last, bool cloexec_only);

    std::atomic<Slots*> slots_{nullptr};
    std::atomic<u32> limit_{1024};
    u32 first_free_ = 0;  // no free number lies below; guarded by lock_
    mutable Lock lock_;
};

}  // namespace object
