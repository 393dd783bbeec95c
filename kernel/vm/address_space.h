// AddressSpace: what a process sees as memory: mappings, page tables, faults, fork.
// Callers: process (exec, fork, exit), linux/memory.cc, the page-fault entry in main.
// Locks, context: thread context; takes Rank::kMmap, for reading in faults, for writing where the layout changes.
#pragma once

#include <optional>

#include "arch/page_table.h"
#include "arch/trap.h"
#include "hw/cpus.h"
#include "sched/rw_lock.h"
#include "vm/mapping.h"

namespace vm {

class TlbBatch;

struct MapRequest {
    UserAddr hint;
    u64 length = 0;  // bytes, rounded up to pages
    Prot prot = Prot::kNone;
    Prot max_prot = Prot::kAll;
    MapFlags flags = MapFlags::kNone;
    OptRef<MemoryObject> object = nullptr;  // none and kShared: a new AnonymousObject
    u64 offset = 0;                         // bytes, page aligned
    FileAnchor file = {};
    MappingName name = MappingName::kNone;
    u8 key = 0;  // set by map()
};

// kOwn: by the running thread itself, whose protection keys count. kKeyed: the CPU says that they forbid it.
enum class FaultKind : u8 { kRead = 0, kWrite = 1, kExec = 2, kOwn = 4, kKeyed = 8 };
constexpr FaultKind operator|(FaultKind a, FaultKind b) {
    return static_cast<FaultKind>(static_cast<u8>(a) | static_cast<u8>(b));
}
constexpr bool has(FaultKind a, FaultKind b) { return (static_cast<u8>(a) & static_cast<u8>(b)) != 0; }

// kSegv*: SIGSEGV with that si_code. kSigbus: SIGBUS, BUS_ADRERR. kOom: no memory.
enum class FaultResult : u8 { kOk, kSegvMapErr, kSegvAccErr, kSegvPkuErr, kSigbus, kOom };

// What madvise(2) asks for, after the glue has checked the number.
enum class Advice : u8 {
    kNormal,
    kRandom,
    kSequential,
    kWillNeed,
    kDontNeed,
    kFree,
    kRemove,
    kDontFork,
    kDoFork,
    kWipeOnFork,
    kKeepOnFork,
    kMergeable,
    kUnmergeable,
    kHugePage,
    kNoHugePage,
    kDontDump,
    kDoDump,
    kCold,
    kPageOut,
    kPopulateRead,
    kPopulateWrite,
    kDontNeedLocked,
    kCollapse,
};

enum class RemapFlags : u8 { kNone = 0, kMayMove = 1, kFixed = 2, kDontUnmap = 4 };
constexpr bool has(RemapFlags a, RemapFlags b) { return (static_cast<u8>(a) & static_cast<u8>(b)) != 0; }

// Where exec puts things. Linux: arch/x86/mm/mmap.c, fs/binfmt_elf.c; 28 bits of randomness.
struct SpaceLayout {
    u64 mmap_base;  // mappings go down from here
    u64 stack_top;  // page aligned; the stack's first page ends here
    u64 pie_base;   // a position-independent program without interpreter gap: ELF_ET_DYN_BASE + random
    u64 brk_gap;    // bytes between the program's end and its heap
};
// `randomise` off: as with norandmaps or ADDR_NO_RANDOMIZE. `stack_limit` is RLIMIT_STACK.
SpaceLayout choose_layout(bool randomise, u64 stack_limit);

// Resource limits in bytes; ~0 is none. setrlimit keeps them up to date.
struct SpaceLimits {
    std::atomic<u64> address_space{~u64{0}}, data{~u64{0}}, stack{8 << 20}, locked{64 << 10};
    std::atomic<bool> administrator{false};  // CAP_SYS_ADMIN: may use its part of what is kept back (commit.h)
    std::atomic<bool> locks_freely{false};   // CAP_IPC_LOCK: `locked` does not count
    std::atomic<bool> low_addresses{false};  // CAP_SYS_RAWIO: maps below map_settings.least_address
};

// Pages, not bytes. Updated without locks.
struct SpaceCounters {
    std::atomic<i64> anonymous{0}, file{0}, shared{0}, page_tables{0};
    std::atomic<i64> large{0};  // large entries, not pages
    std::atomic<i64> huge{0};   // entries of huge pages, which are no part of the others
    std::atomic<u64> total{0}, locked{0}, data{0}, stack{0}, exec{0}, peak_total{0}, peak_rss{0};
    std::atomic<u64> committed{0};  // of mappings with kAccounted
    std::atomic<u64> minor_faults{0}, major_faults{0};
    u64 resident() const {
        const i64 n = anonymous.load(std::memory_order_relaxed) + file.load(std::memory_order_relaxed) +
                      shared.load(std::memory_order_relaxed);
        return n < 0 ? 0 : static_cast<u64>(n);
    }
};

// PROT_GROWSDOWN, PROT_GROWSUP: the change goes on to the mapping's beginning or end.
enum class Grows : u8 { kNot, kDown, kUp };

class AddressSpace : public RefCounted<AddressSpace> {
  public:
    // ENOMEM.
    static Result<Ref<AddressSpace>> create();
    // A copy whose private pages are shared until written.
    static Result<Ref<AddressSpace>> fork(AddressSpace& parent);
    // Takes down all mappings: when the last user leaves (exit, exec), before the last reference. Idempotent.
    void clear();
    void on_last_ref();
    // All users are dying: gives their private pages back at once; faults fail from now on. False: the layout is
    // being changed, try again. (Linux: __oom_reap_task_mm.)
    bool reap();
    void give_up_reaping() { reaped_.store(true, std::memory_order_relaxed); }
    bool reaped() const { return reaped_.load(std::memory_order_relaxed); }

    // Users: threads' processes (Linux's mm_users), against references, which only keep the object. The last
    // drop_user() clears. create() and fork() give one.
    void add_user() { users_.fetch_add(1, std::memory_order_relaxed); }
    void drop_user();
    // For /proc: false once the last user has left.
    [[nodiscard]] bool try_add_user();

    // Whether map() would find a place, of which nothing is taken. ENOMEM, EINVAL, EEXIST, EPERM.
    Result<void> check_place(const MapRequest& request);
    // EINVAL, ENOMEM, EEXIST (kNoReplace), EPERM (below mmap_min_addr), EACCES.
    Result<UserAddr> map(MapRequest request);
    Result<void> unmap(UserAddr start, u64 length);
    // `key`: the protection key from now on, EINVAL if it is not allocated; kSameKey keeps what is there, but for memory
    // that becomes or was executable only.
    static constexpr i32 kSameKey = -1;
    Result<void> protect(UserAddr start, u64 length, Prot prot, Grows grows = Grows::kNot, i32 key = kSameKey);
    // ENOSPC: none is left, or the CPU has none.
    Result<u32> allocate_key();
    // EINVAL: it is not allocated. Mappings keep it (pkeys(7)).
    Result<void> free_key(i32 key);
    // The new end, or the old one when it cannot be done: brk(2) never fails.
    UserAddr brk(UserAddr wanted);
    // remap_file_pages(2): the pages from `first_page` on of the object that is mapped shared at [start, start + length)
    // appear there. EINVAL: it is not, or not with one set of rights. EOVERFLOW, ENOMEM.
    Result<void> remap_pages(UserAddr start, u64 length, u64 first_page, bool prefault);
    Result<UserAddr> remap(UserAddr old_start, u64 old_length, u64 new_length, RemapFlags flags, UserAddr new_start);
    Result<void> advise(UserAddr start, u64 length, Advice advice);
    // msync: `invalidate` is MS_INVALIDATE, `wait` MS_SYNC.
    Result<void> sync(UserAddr start, u64 length, bool wait, bool invalidate);
    // EPERM, ENOMEM beyond limits.locked, which `privileged` callers (CAP_IPC_LOCK) do not have.
    Result<void> lock_pages(UserAddr start, u64 length, bool on_fault, bool privileged);
    Result<void> unlock_pages(UserAddr start, u64 length);
    Result<void> lock_all(bool current, bool future, bool on_fault, bool privileged);
    Result<void> unlock_all();
    // One byte a page: bit 0 is set when it is in memory. How many pages there are before a hole; ENOMEM: none.
    Result<usize> resident(UserAddr start, std::span<u8> pages);

    // Where the heap starts and ends; exec calls it.
    void set_brk(u64 start) { start_brk = brk_end = start; }
    void set_layout(const SpaceLayout& l) { layout_ = l; }
    const SpaceLayout& layout() const { return layout_; }

    // Its threads have asked for expedited barriers (membarrier(2)); inherited by fork.
    std::atomic<bool> registered_barriers{false};

    FaultResult handle_fault(UserAddr address, FaultKind kind);
    // The frame behind `address` after a fault of `kind`, with a reference, for futex keys, ptrace and DMA.
    // EFAULT. Empty PageRef never.
    Result<PageRef> pin_page(UserAddr address, FaultKind kind);
    // Reads and writes of another process's memory (ptrace, /proc/PID/mem, process_vm_readv): the count, EIO if
    // none. `force` writes to read-only private mappings too.
    Result<usize> read_remote(UserAddr from, std::span<u8> to);
    Result<usize> write_remote(UserAddr to, std::span<const u8> from, bool force);

    // What identifies a shared word to all processes that map it (futex): object and page index, or null and the
    // space itself. EFAULT if nothing is mapped.
    struct SharedKey {
        const void* object;
        u64 index;
    };
    Result<SharedKey> shared_key(UserAddr address);

    // The mapping at or after `address`; false if there is none.
    bool find(UserAddr address, MappingInfo& info);
    // fn(const MappingInfo&) -> bool (false stops) from `from` upwards, without the lock during the call.
    template <typename Fn>
    void for_each_mapping(Fn&& fn, UserAddr from = UserAddr(0)) {
        MappingInfo info;
        while (find(from, info)) {
            if (!fn(info)) return;
            from = info.end;
            info.file = FileAnchor();
        }
    }
    // Pages of a mapping by state, for smaps.
    struct Residency {
        static constexpr unsigned kShareShift = 12;
        u64 resident, shared_clean, shared_dirty, private_clean, private_dirty, anonymous, referenced;
        u64 share;                      // bytes << kShareShift: each page divided by how often it is mapped
        u64 large;                      // of anonymous, those mapped by large entries
        u32 most_mappers;               // of one page
        u64 shared_huge, private_huge;  // of huge pages, which are no part of the others
    };
    Residency residency(UserAddr start, UserAddr end);
    // Whether faults in it may take large pages (smaps: THPeligible).
    bool may_have_large(const MappingInfo& m) const;
    // EFAULT: nothing is mapped there.
    Result<PageState> page_state(UserAddr address);
    // Forgets that pages were used (/proc/PID/clear_refs): all, or those of mappings without, with a file.
    enum class Pages : u8 { kAll, kAnonymous, kFile };
    void clear_references(Pages which);
    // EFAULT: a hole, and nothing was changed; ENOMEM.
    Result<void> set_policy(UserAddr start, u64 length, const NodePolicy& policy);
    Result<NodePolicy> policy_at(UserAddr address);  // EFAULT

    PhysAddr root() const { return root_; }
    u64 mapping_count() const { return tree_.size(); }

    SpaceLimits limits;
    SpaceCounters counters;
    // What exec sets for /proc and prctl(PR_SET_MM).
    u64 start_code = 0, end_code = 0, start_data = 0, end_data = 0, start_stack = 0;
    u64 start_brk = 0, brk_end = 0;
    u64 arg_start = 0, arg_end = 0, env_start = 0, env_end = 0, vdso_base = 0;
    FileAnchor exe_file;
    std::atomic<u32> dumpable{1};
    std::atomic<bool> large_pages_off{false};  // PR_SET_THP_DISABLE

    AddressSpace() = default;
    ~AddressSpace() = default;

  private:
    friend class TlbBatch;
    friend class MemoryObject;
    friend struct SpaceAccess;
    using Lock = sched::RwLock<sync::Rank::kMmap>;

    // All below: lock held, for writing where the layout changes.
    Result<UserAddr> map_locked(MapRequest& r, TlbBatch& batch);
    Result<u64> choose_address(const MapRequest& r, u64 length);
    Result<void> check_limits(Prot prot, MapFlags flags, u64 pages);
    u64 locked_in(u64 start, u64 end);  // pages
    // Whether `pages` more may be locked in memory, if the flags say so. EAGAIN.
    Result<void> check_locked(MapFlags flags, u64 pages);
    // Whether `pages` more may be promised. ENOMEM.
    Result<void> check_commit(u64 pages);
    // What the object's seal leaves of a shared mapping's rights. EPERM.
    static Result<void> apply_write_seal(MapRequest& r);
    bool try_extend(const MapRequest& r, u64 start, u64 end);
    Result<void> unmap_locked(u64 start, u64 end, TlbBatch& batch);
    // Cuts `m` at `at`; `m` keeps the lower part, the upper one is returned.
    Result<Mapping*> split(Mapping& m, u64 at);
    // Joins `m` with like neighbours; the result.
    Mapping& merge(Mapping& m);
    // The part of `m` in [start, end) as a mapping of its own.
    Result<Mapping*> isolate(Mapping& m, u64 start, u64 end);
    bool covers(Mapping& m, u64 end);
    void insert_mapping(Mapping& m);
    // Out of the tree and its object's list, and freed; pages must be gone or moved.
    void erase_mapping(Mapping& m);
    void set_span(Mapping& m, u64 start, u64 end);
    void account(const Mapping& m, i64 pages);
    bool has_room_for_mapping() const;
    void free_tables_around(u64 start, u64 end, TlbBatch& batch);
    Mapping* find_mapping(u64 address);
    Mapping* next_mapping(Mapping& m) { return static_cast<Mapping*>(MappingTree::next(m)); }
    Mapping* first_overlap(u64 start, u64 end) { return static_cast<Mapping*>(tree_.find_overlap(start, end)); }
    Result<Mapping*> move_mapping(Mapping& m, u64 to, u64 new_length, bool keep_old, TlbBatch& batch);

    // Faults; lock held for reading at least.
    FaultResult fault_in(Mapping& m, u64 address, FaultKind kind);
    // Where the level-2 entry in `slot` is no table: the result, or nothing where a table should be made.
    std::optional<FaultResult> fault_large(Mapping& m, u64 address, arch::PteSlot& slot, bool write);
    std::optional<FaultResult> install_large(const Mapping& m, arch::PteSlot& slot);
    // Joins the pages of [from, until), a part of `m`, to large ones; lock held for writing. EINVAL, EAGAIN, ENOMEM.
    Result<void> collapse(Mapping& m, u64 from, u64 until);
    Result<void> collapse_one(Mapping& m, u64 address);
    // What the administrator and the process say of mappings with such flags.
    bool takes_large(MapFlags flags) const;
    // Whether 2 MiB around `address` may be one large page.
    bool suits_large(const Mapping& m, u64 address) const;
    bool wants_large(const MapRequest& r) const;
    // Mappings of huge pages out of the pool (space_huge.cc). They begin and end at one: EINVAL for a cut elsewhere.
    static bool takes_huge(const MapRequest& r);
    Result<void> may_cut(u64 at) const;
    // Promises what `r` asks for; a private mapping's is noted in `promise`. ENOMEM.
    static Result<void> promise_huge(const MapRequest& r, OptRef<HugePromise>& promise);
    // A part of `m` goes: what it was promised and has not had is free again.
    static void unpromise_huge(const Mapping& m, u64 start, u64 end);
    // madvise(2) that concerns pages. EINVAL, EACCES, ENOMEM.
    Result<void> advise_huge(Mapping& m, u64 at, u64 until, Advice advice, TlbBatch& batch);
    FaultResult fault_huge(Mapping& m, u64 address, bool write);
    FaultResult fill_huge(Mapping& m, u64 start, arch::PteSlot& slot, bool write);
    FaultResult write_huge(Mapping& m, u64 start, arch::PteSlot& slot, arch::Pte old);
    FaultResult fault_anonymous(Mapping& m, u64 address, arch::PteSlot& slot, bool write);
    FaultResult fault_object(Mapping& m, u64 address, arch::PteSlot& slot, bool write);
    FaultResult fault_device(Mapping& m, u64 address, arch::PteSlot& slot);
    FaultResult fault_write(Mapping& m, u64 address, arch::PteSlot& slot, arch::Pte old);
    FaultResult install_copy(Mapping& m, u64 address, arch::PteSlot& slot, arch::Pte old, memory::Frame* from);
    void map_around(Mapping& m, u64 address, arch::PteSlot& slot);
    bool grow_stack(u64 address);
    // Faults all pages of [start, end) in. EFAULT, ENOMEM.
    Result<void> populate(u64 start, u64 end, bool write);
    void count_tables(i64 made);
    bool key_allocated(i32 key) const;
    // The key of memory that can be executed but not read, denied to the running thread; 0: there is none.
    u8 execute_only_key();
    // What protect() makes of a mapping's key.
    u8 key_after(const Mapping& m, Prot prot, i32 asked);

    Lock lock_;
    MappingTree tree_;
    std::atomic<Mapping*> last_found_{nullptr};  // hint: faults come in bunches; reset when a mapping goes
    PhysAddr root_{};
    SpaceLayout layout_{};
    std::atomic<u32> users_{1};
    AtomicBitmap<hw::kMaxCpus> cpus_;          // that have the tables loaded
    u32 keys_ = 1;                             // bit n: protection key n is allocated
    u8 execute_only_key_ = 0;                  // 0: none yet
    MapFlags future_flags_ = MapFlags::kNone;  // mlockall(MCL_FUTURE)
    bool cleared_ = false;
    std::atomic<bool> reaped_{false};
};

// The space loaded on this CPU: that of the running user thread.
AddressSpace* current_space();
// Loads `space` on this CPU; null keeps what is loaded (kernel threads). Preemption off. sched's switch hook.
void switch_to(AddressSpace* space);
// Loads the kernel's own tables on this CPU.
void leave_space();

// How a page fault ended. The signal results are for user mode; kKernelBug has no cure.
enum class PageFaultOutcome : u8 { kHandled, kSegvMapErr, kSegvAccErr, kSegvPkuErr, kSigbus, kOom, kKernelBug };
// The page-fault entry: main's on_exception calls it for vector 14. Faults of the kernel at user addresses are first
// tried as the process's own, then by the exception table. Interrupts are as the interrupted context had them.
PageFaultOutcome on_page_fault(arch::TrapFrame& frame, u64 error, u64 address);

// Page faults of this thread fail instead of sleeping while one lives (copies under spin locks, atomic futex
// operations).
class [[nodiscard]] NoFaults {
  public:
    NoFaults();
    ~NoFaults();
    NoFaults(const NoFaults&) = delete;
    NoFaults& operator=(const NoFaults&) = delete;
};

// Registers TLB shootdown, the switch hook and the zero page. After memory::init and sched's start.
Result<void> init();  // ENOMEM

}  // namespace vm
