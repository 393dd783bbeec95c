// Life of an address space: creation, users, teardown, loading; small queries.
#include "vm/address_space.h"

#include "arch/tlb.h"
#include "hw/ipi.h"
#include "hw/random.h"
#include "memory/kernel_map.h"
#include "memory/page_allocator.h"
#include "memory/slab.h"
#include "memory/stats.h"
#include "sync/per_cpu.h"
#include "vm/commit.h"
#include "vm/map_settings.h"
#include "vm/mapping_cache.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

constinit memory::SlabCache<Mapping> mapping_cache("mapping");

namespace {

constinit memory::SlabCache<AddressSpace> space_cache("address-space");

// A top table of a space that is gone: its kernel half is right for ever and its user half empty.
constinit sync::PerCpu<memory::Frame*> spare_roots;

Result<PhysAddr> new_root() {
    {
        sync::PreemptGuard guard;
        if (memory::Frame* f = std::exchange(spare_roots.local(), nullptr)) return memory::phys_of(f);
    }
    memory::Frame* f = tables::new_table(memory::AllocFlags::kZero);
    if (f == nullptr) return Errno::kNOMEM;
    arch::PageTable& to = *tables::at(memory::phys_of(f));
    arch::PageTable& kernel = *tables::at(memory::kernel_root());
    for (usize i = arch::kUserTopEntries; i < arch::kEntriesPerTable; i++) to[i].store(kernel[i].load_relaxed());
    memory::count(memory::Counter::kPageTables, 1);
    return memory::phys_of(f);
}

void free_root(PhysAddr root) {
    memory::Frame* f = memory::frame_of(root);
    DEBUG_ASSERT(f->data == 0);
    {
        sync::PreemptGuard guard;
        if (spare_roots.local() == nullptr) {
            spare_roots.local() = f;
            return;
        }
    }
    memory::count(memory::Counter::kPageTables, -1);
    memory::frame_unref(f);
}

void leave_if_loaded(void* space) {
    if (current_space() == space) leave_space();
}

}  // namespace

Result<Ref<AddressSpace>> AddressSpace::create() {
    const PhysAddr root = TRY(new_root());
    AddressSpace* s = space_cache.create();
    if (s == nullptr) {
        free_root(root);
        return Errno::kNOMEM;
    }
    s->root_ = root;
    return Ref<AddressSpace>::adopt(*s);
}

void AddressSpace::on_last_ref() {
    clear();
    free_root(root_);
    space_cache.destroy(this);
}

void AddressSpace::drop_user() {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) clear();
}

bool AddressSpace::try_add_user() {
    u32 n = users_.load(std::memory_order_relaxed);
    while (n != 0)
        if (users_.compare_exchange_weak(n, n + 1, std::memory_order_acquire)) return true;
    return false;
}

void AddressSpace::clear() {
    sync::LockGuard guard(lock_);
    if (std::exchange(cleared_, true)) return;
    {
        // CPUs that still have the tables loaded (this one, or idle ones that kept them) leave: then nothing needs
        // flushing.
        sync::PreemptGuard here;
        leave_if_loaded(this);
        if (hw::cpus_online() > 1) {
            hw::CpuMask mask = cpus_.snapshot();
            mask.clear(arch::cpu_id());
            if (mask.any()) hw::call_on(mask, leave_if_loaded, this);
        }
    }
    last_found_.store(nullptr, std::memory_order_relaxed);
    [[clang::uninitialized]] TlbBatch batch(*this);
    batch.set_unreachable();
    while (Mapping* m = static_cast<Mapping*>(tree_.first())) {
        const u64 start = m->start, end = m->end;
        unpromise_huge(*m, start, end);
        erase_mapping(*m);
        tables::zap(*this, start, end, batch);
        // What lies below is empty already: tables go as soon as the next mapping does not need them.
        const MappingNode* next = tree_.first();
        tables::free_tables(*this, start, end, 0, next != nullptr ? next->start : u64{1} << 47, batch);
    }
    tables::free_all_tables(*this, batch);
    batch.flush();
    DEBUG_ASSERT(counters.page_tables.load(std::memory_order_relaxed) == 0);
    exe_file = FileAnchor();
}

bool AddressSpace::reap() {
    if (!lock_.try_lock_shared()) return false;
    reaped_.store(true, std::memory_order_relaxed);
    {
        [[clang::uninitialized]] TlbBatch batch(*this);
        for (Mapping* m = static_cast<Mapping*>(tree_.first()); m != nullptr; m = next_mapping(*m))
            if (!m->shared() && !has(m->flags, MapFlags::kDevice | MapFlags::kHugeTlb))
                tables::zap(*this, m->start, m->end, batch);
    }
    lock_.unlock_shared();
    return true;
}

Mapping* AddressSpace::find_mapping(u64 address) {
    Mapping* m = last_found_.load(std::memory_order_relaxed);
    if (m != nullptr && address - m->start < m->end - m->start) [[likely]]
        return m;
    m = static_cast<Mapping*>(tree_.find_from(address));
    if (m != nullptr && m->start <= address) last_found_.store(m, std::memory_order_relaxed);
    return m;
}

bool AddressSpace::find(UserAddr address, MappingInfo& info) {
    SharedGuard guard(lock_);
    const Mapping* m = static_cast<Mapping*>(tree_.find_from(address.value));
    if (m == nullptr) return false;
    info = MappingInfo{UserAddr(m->start),
                       UserAddr(m->end),
                       m->prot,
                       m->flags,
                       m->name,
                       m->object ? m->page_offset << kPageShift : 0,
                       m->file,
                       m->policy,
                       m->max_prot,
                       m->key,
                       static_cast<bool>(m->object)};
    return true;
}

Result<AddressSpace::SharedKey> AddressSpace::shared_key(UserAddr address) {
    SharedGuard guard(lock_);
    const Mapping* m = find_mapping(address.value);
    if (m == nullptr || m->start > address.value) return Errno::kFAULT;
    if (m->prot == Prot::kNone) return Errno::kFAULT;
    if (!m->shared() || !m->object) {
        if (has(m->prot, Prot::kWrite)) return SharedKey{nullptr, address.value >> kPageShift};
        // What cannot be written is the object's page, or makes no sense to wait on (Linux: get_futex_key).
        const arch::Pte page = tables::find(root_, address.value).page;
        const bool own = !page.empty() && !page.has(tables::kSpecial) &&
                         memory::frame_of(page.address())->kind == memory::FrameKind::kAnonymous;
        if (!m->object || own) return Errno::kFAULT;
    }
    return SharedKey{m->object.get(), m->page_index(address.value)};
}

void AddressSpace::account(const Mapping& m, i64 pages) {
    const u64 n = static_cast<u64>(pages);  // wraps: subtraction
    const u64 total = counters.total.fetch_add(n, std::memory_order_relaxed) + n;
    if (pages > 0 && total > counters.peak_total.load(std::memory_order_relaxed))
        counters.peak_total.store(total, std::memory_order_relaxed);
    if (has(m.flags, MapFlags::kGrowsDown)) {
        counters.stack.fetch_add(n, std::memory_order_relaxed);
    } else if (has(m.prot, Prot::kWrite) && !m.shared()) {
        counters.data.fetch_add(n, std::memory_order_relaxed);
    } else if (has(m.prot, Prot::kExec) && !has(m.prot, Prot::kWrite)) {
        counters.exec.fetch_add(n, std::memory_order_relaxed);
    }
    if (has(m.flags, MapFlags::kLocked)) counters.locked.fetch_add(n, std::memory_order_relaxed);
    if (has(m.flags, MapFlags::kAccounted)) {
        counters.committed.fetch_add(n, std::memory_order_relaxed);
        commit::add(pages);
    }
}

void AddressSpace::count_tables(i64 made) {
    if (made == 0) [[likely]]
        return;
    counters.page_tables.fetch_add(made, std::memory_order_relaxed);
    memory::count(memory::Counter::kPageTables, made);
}

AddressSpace* current_space() { return static_cast<AddressSpace*>(ARCH_GS_READ(void*, 64)); }

void switch_to(AddressSpace* space) {
    if (space == nullptr) return;
    arch::CpuLocal& cpu = arch::cpu();
    AddressSpace* old = static_cast<AddressSpace*>(cpu.loaded_space);
    if (old == space) return;
    // The bit is set before the tables are loaded, so that no flush misses this CPU.
    SpaceAccess::enter(*space, cpu.cpu_id);
    cpu.loaded_space = space;
    arch::load_page_tables(space->root());
    if (old != nullptr) SpaceAccess::leave(*old, cpu.cpu_id);
}

void leave_space() {
    arch::CpuLocal& cpu = arch::cpu();
    AddressSpace* old = static_cast<AddressSpace*>(cpu.loaded_space);
    if (old == nullptr) return;
    cpu.loaded_space = nullptr;
    arch::load_page_tables(memory::kernel_root());
    SpaceAccess::leave(*old, cpu.cpu_id);
}

SpaceLayout choose_layout(bool randomise, u64 stack_limit) {
    const u64 level = randomise ? map_settings.randomised.load(std::memory_order_relaxed) : 0;
    randomise = level != 0;
    // Linux: mmap_rnd_bits 28 for mappings and programs, 22 bits of pages for the stack, 32 MiB for the heap.
    constexpr u64 kLeastGap = 128ull << 20, kMostGap = kUserLimit / 6 * 5;
    constexpr u64 kStackRandom = 16ull << 30;
    const auto pages = [randomise](u64 bits) {
        return randomise ? (hw::random::next_u64() & ((u64{1} << bits) - 1)) << kPageShift : 0;
    };
    SpaceLayout l{};
    l.stack_top = align_down(kUserLimit - pages(22), u64{kPageSize});
    u64 gap = stack_limit > kMostGap ? kMostGap : stack_limit;
    gap += kStackGuardGap + (randomise ? kStackRandom : 0);
    if (gap < kLeastGap) gap = kLeastGap;
    if (gap > kMostGap) gap = kMostGap;
    l.mmap_base = align_down(kUserLimit - gap - pages(28), u64{kPageSize});
    l.pie_base = align_down(kUserLimit / 3 * 2, u64{kPageSize}) + pages(28);  // ELF_ET_DYN_BASE
    l.brk_gap = level > 1 ? hw::random::below((32ull << 20) >> kPageShift) << kPageShift : 0;
    return l;
}

}  // namespace vm
