// Page faults: anonymous memory, copy on write, object pages, stacks that grow.
#include "arch/protection_keys.h"
#include "memory/page_allocator.h"
#include "memory/page_ops.h"
#include "memory/stats.h"
#include "sync/rcu.h"
#include "vm/address_space.h"
#include "vm/space_access.h"
#include "vm/tables.h"
#include "vm/zero_page.h"

namespace vm {

using arch::Pte;
using arch::PteBits;
using arch::PteSlot;
using memory::Frame;
using memory::FrameKind;
using tables::kSpecial;

namespace {

constexpr u64 kAround = 16;  // pages mapped around a fault on an object (Linux: fault_around_bytes, 64 KiB)

constexpr PteBits kWritable = PteBits::kWrite | PteBits::kDirty;

bool allowed(const Mapping& m, FaultKind kind) {
    if (has(kind, FaultKind::kWrite)) return has(m.prot, Prot::kWrite);
    if (has(kind, FaultKind::kExec)) return has(m.prot, Prot::kExec);
    return m.prot != Prot::kNone;  // on x86 all that is mapped can be read
}

bool keys_allow(const Mapping& m, FaultKind kind) {
    if (!has(kind, FaultKind::kOwn) || has(kind, FaultKind::kExec)) return true;
    return arch::key_allows(arch::read_pkru(), m.key, has(kind, FaultKind::kWrite));
}

Frame* new_anonymous(memory::AllocFlags flags) {
    Result<Frame*> r = memory::allocate_frame(flags);
    if (!r.ok()) return nullptr;
    r.value()->kind = FrameKind::kAnonymous;
    memory::count(memory::Counter::kAnonymous, 1);
    return r.value();
}

}  // namespace

FaultResult AddressSpace::handle_fault(UserAddr address, FaultKind kind) {
    for (;;) {
        {
            SharedGuard guard(lock_);
            Mapping* m = find_mapping(address.value);
            if (m == nullptr) return FaultResult::kSegvMapErr;
            if (m->start <= address.value) [[likely]] {
                if ((m->key != 0 || has(kind, FaultKind::kKeyed)) && !keys_allow(*m, kind)) [[unlikely]]
                    return FaultResult::kSegvPkuErr;
                if (!allowed(*m, kind)) return FaultResult::kSegvAccErr;
                counters.minor_faults.store(counters.minor_faults.load(std::memory_order_relaxed) + 1,
                                            std::memory_order_relaxed);
                return fault_in(*m, address.value, kind);
            }
            if (!m->grows_down) return FaultResult::kSegvMapErr;
        }
        if (!grow_stack(address.value)) return FaultResult::kSegvMapErr;
    }
}

bool AddressSpace::grow_stack(u64 address) {
    sync::LockGuard guard(lock_);
    Mapping* m = static_cast<Mapping*>(tree_.find_from(address));
    if (m == nullptr) return false;
    if (m->start <= address) return true;  // another thread was quicker
    const u64 start = align_down(address, u64{kPageSize});
    if (!m->grows_down || m->end - start > limits.stack.load(std::memory_order_relaxed)) return false;
    const u64 more = (m->start - start) >> kPageShift;
    const u64 most = limits.address_space.load(std::memory_order_relaxed);
    if (most != ~u64{0} && ((counters.total.load(std::memory_order_relaxed) + more) << kPageShift) > most) return false;
    // The guard gap to what lies below stays, unless that is a part of the same stack or inaccessible.
    if (const MappingNode* below = MappingTree::prev(*m)) {
        const Mapping& b = static_cast<const Mapping&>(*below);
        if (b.prot != Prot::kNone && !has(b.flags, MapFlags::kGrowsDown) && start < below->end + kStackGuardGap)
            return false;
        if (start < below->end) return false;
    }
    if (has(m->flags, MapFlags::kAccounted) && !check_commit(more).ok()) return false;
    set_span(*m, start, m->end);
    return true;
}

FaultResult AddressSpace::fault_in(Mapping& m, u64 address, FaultKind kind) {
    const bool write = has(kind, FaultKind::kWrite);
    if (m.huge()) [[unlikely]]
        return fault_huge(m, address, write);
    i64 made = 0;
    PteSlot* middle = tables::make_slot(root_, address, made, false, 2);
    count_tables(made);
    if (middle == nullptr) return FaultResult::kOom;
    Pte table = middle->load();
    while (!table.present() || tables::is_large(table)) [[unlikely]] {
        if (const std::optional<FaultResult> large = fault_large(m, address, *middle, write)) return *large;
        made = 0;
        if (!tables::make_table(*middle, made, false)) return FaultResult::kOom;
        count_tables(made);
        table = middle->load();
    }
    PteSlot* slot = &(*tables::at(table.address()))[arch::table_index(address, 1)];
    const Pte old = slot->load();
    if (old.empty()) [[likely]] {
        if (reaped()) [[unlikely]]
            return FaultResult::kSigbus;
        if (!m.object) [[likely]]
            return fault_anonymous(m, address, *slot, write);
        if (has(m.flags, MapFlags::kDevice)) return fault_device(m, address, *slot);
        return fault_object(m, address, *slot, write);
    }
    if (write && old.present() && !old.writable()) return fault_write(m, address, *slot, old);
    return FaultResult::kOk;  // another thread's fault did it, or an old translation was cached
}

FaultResult AddressSpace::fault_anonymous(Mapping& m, u64 address, PteSlot& slot, bool write) {
    PteBits bits = tables::read_bits(m);
    if (!write) {
        // Reading untouched memory: everybody's page of zeroes.
        Pte expected;
        slot.compare_exchange(expected, Pte(zero_page(), bits | kSpecial));
        return FaultResult::kOk;
    }
    Frame* f = new_anonymous(memory::AllocFlags::kZero);
    if (f == nullptr) return FaultResult::kOom;
    Pte expected;
    if (!slot.compare_exchange(expected, Pte(memory::phys_of(f), bits | kWritable))) {
        memory::frame_unref(f);
        return FaultResult::kOk;
    }
    counters.anonymous.fetch_add(1, std::memory_order_relaxed);
    return FaultResult::kOk;
}

FaultResult AddressSpace::fault_device(Mapping& m, u64 address, PteSlot& slot) {
    Result<PhysAddr> page = m.object->device_page(m.page_index(address));
    if (!page.ok()) return FaultResult::kSigbus;
    PteBits bits = tables::read_bits(m) | kSpecial;
    if (!memory::is_ram(page.value()))
        bits |= arch::caching_bits(has(m.flags, MapFlags::kWriteCombining) ? arch::Caching::kWriteCombining
                                                                           : arch::Caching::kUncached);
    if (has(m.prot, Prot::kWrite) && m.shared()) bits |= kWritable;
    Pte expected;
    slot.compare_exchange(expected, Pte(page.value(), bits));
    return FaultResult::kOk;
}

// Puts a private copy of `from` (null: zeroes) where `old` is; takes over nothing.
FaultResult AddressSpace::install_copy(Mapping& m, u64 address, PteSlot& slot, Pte old, Frame* from) {
    Frame* f = new_anonymous(from == nullptr ? memory::AllocFlags::kZero : memory::AllocFlags::kNone);
    if (f == nullptr) return FaultResult::kOom;
    if (from != nullptr) memory::copy_page(memory::page_address(f), memory::page_address(from));
    m.has_private_pages = true;
    Pte expected = old;
    if (!slot.compare_exchange(expected, Pte(memory::phys_of(f), tables::read_bits(m) | kWritable))) {
        memory::frame_unref(f);
        return FaultResult::kOk;
    }
    if (old.present()) {
        flush_page_everywhere(*this, align_down(address, u64{kPageSize}));
        if (!old.has(kSpecial)) {
            Frame* was = memory::frame_of(old.address());
            if (was->kind != FrameKind::kAnonymous) {
                counters.file.fetch_sub(1, std::memory_order_relaxed);
                counters.anonymous.fetch_add(1, std::memory_order_relaxed);
            }
            memory::frame_unref(was);
            return FaultResult::kOk;
        }
    }
    counters.anonymous.fetch_add(1, std::memory_order_relaxed);
    return FaultResult::kOk;
}

FaultResult AddressSpace::fault_write(Mapping& m, u64 address, PteSlot& slot, Pte old) {
    if (m.shared()) {
        // The first write to a clean page of a file.
        if (!old.has(kSpecial)) {
            Result<PageRef> page = m.object->get_page(m.page_index(address), PageAccess::kWrite);
            if (!page.ok()) return page.error() == Errno::kNOMEM ? FaultResult::kOom : FaultResult::kSigbus;
            if (memory::phys_of(&*page.value()) != old.address()) return FaultResult::kOk;  // truncated meanwhile
        }
        slot.compare_exchange(old, old.with(kWritable));
        return FaultResult::kOk;
    }
    if (old.has(kSpecial)) {
        if (m.object) {  // a private mapping of device memory or of the vDSO
            Frame* from = memory::is_ram(old.address()) ? memory::frame_of(old.address()) : nullptr;
            return install_copy(m, address, slot, old, from);
        }
        return install_copy(m, address, slot, old, nullptr);
    }
    Frame* f = memory::frame_of(old.address());
    if (f->kind == FrameKind::kAnonymous && f->refs.load(std::memory_order_acquire) == 1) {
        // Nobody else has it: it is ours to write. Others' rights only grow, so no flush.
        slot.compare_exchange(old, old.with(kWritable));
        return FaultResult::kOk;
    }
    // Another thread's copy-on-write may release the frame while it is copied.
    if (tables::hold_page(*this, {&slot, old, old}) == nullptr) return FaultResult::kOk;
    const FaultResult r = install_copy(m, address, slot, old, f);
    memory::frame_unref(f);
    return r;
}

FaultResult AddressSpace::fault_object(Mapping& m, u64 address, PteSlot& slot, bool write) {
    MemoryObject& object = *m.object;
    const u64 index = m.page_index(address);
    for (;;) {
        const u32 drops = object.drops();
        if (index >= pages_for(object.size())) return FaultResult::kSigbus;
        Result<PageRef> got = object.get_page(index, write && m.shared() ? PageAccess::kWrite : PageAccess::kRead);
        if (!got.ok()) {
            if (got.error() == Errno::kFAULT) return FaultResult::kSigbus;
            return got.error() == Errno::kNOMEM ? FaultResult::kOom : FaultResult::kSigbus;
        }
        PageRef page = got.take();
        if (write && !m.shared()) {
            // A private copy, unless the page left the object while it was copied: then it is gone for us as
            // well.
            const FaultResult r = install_copy(m, address, slot, Pte(), &*page);
            if (r != FaultResult::kOk || object.drops() == drops) return r;
        } else {
            PteBits bits = tables::read_bits(m);
            // Memory-backed pages need no trace of the first write.
            const bool untracked =
                m.shared() && object.kind() == MemoryObject::Kind::kAnonymous && has(m.prot, Prot::kWrite);
            if (write || untracked) bits |= kWritable;
            Pte expected;
            if (!slot.compare_exchange(expected, Pte(memory::phys_of(&*page), bits))) return FaultResult::kOk;
            page.leak();  // the entry holds it
            counters.file.fetch_add(1, std::memory_order_relaxed);
            if (!write || untracked) map_around(m, address, slot);
            if (object.drops() == drops) [[likely]]
                return FaultResult::kOk;
        }
        // A truncation ran beside us and may have missed the entry: take it out and look again.
        [[clang::uninitialized]] TlbBatch batch(*this);
        const u64 window = align_down(address, kAround * kPageSize);
        const u64 from = window < m.start ? m.start : window;
        const u64 to = window + kAround * kPageSize > m.end ? m.end : window + kAround * kPageSize;
        tables::zap(*this, from, to, batch, true);
        if (write && !m.shared()) {
            const u64 start = align_down(address, u64{kPageSize});
            tables::zap(*this, start, start + kPageSize, batch);
        }
    }
}

// Maps the neighbours that are in memory already, as they will be wanted soon. One level-1 table only.
void AddressSpace::map_around(Mapping& m, u64 address, PteSlot& slot) {
    MemoryObject& object = *m.object;
    const u64 page = align_down(address, u64{kPageSize});
    u64 first = align_down(page, kAround * kPageSize);
    u64 last = first + kAround * kPageSize;
    if (first < m.start) first = m.start;
    if (last > m.end) last = m.end;
    const u64 pages = pages_for(object.size());
    PteBits bits = tables::read_bits(m);
    if (m.shared() && object.kind() == MemoryObject::Kind::kAnonymous && has(m.prot, Prot::kWrite)) bits |= kWritable;
    arch::PageTable& table = arch::table_of(slot);
    usize entry = arch::table_index(first, 1);
    u64 index = m.page_index(first);
    i64 mapped = 0;
    rcu::ReadGuard guard;
    const PageTree::Node* leaf = object.tree_.leaf(index);
    for (u64 a = first; a < last && index < pages; a += kPageSize, entry++, index++) {
        if (index % PageTree::kSlots == 0) leaf = object.tree_.leaf(index);
        if (leaf == nullptr || !table[entry].load_relaxed().empty()) continue;
        Frame* f = PageTree::at(*leaf, index);
        if (f == nullptr || !f->has(memory::frame_flags::kUptodate)) continue;
        u32 refs = f->refs.load(std::memory_order_relaxed);
        if (refs == 0 || !f->refs.compare_exchange_strong(refs, refs + 1, std::memory_order_acquire)) continue;
        // As PageTree::find_and_ref: still there, so it is the page that was looked up.
        Pte expected;
        if (PageTree::at(*leaf, index) == f && table[entry].compare_exchange(expected, Pte(memory::phys_of(f), bits))) {
            mapped++;
        } else {
            memory::frame_unref(f);
        }
    }
    if (mapped != 0) counters.file.fetch_add(mapped, std::memory_order_relaxed);
}

Result<void> AddressSpace::populate(u64 start, u64 end, bool write) {
    for (u64 a = start; a < end;) {
        Mapping* m = find_mapping(a);
        if (m == nullptr || m->start > a) return Errno::kNOMEM;
        const u64 until = m->end < end ? m->end : end;
        const bool for_write = write && has(m->prot, Prot::kWrite);
        if (m->prot == Prot::kNone) return Errno::kFAULT;
        for (; a < until; a += kPageSize) {
            switch (fault_in(*m, a, for_write ? FaultKind::kWrite : FaultKind::kRead)) {
                case FaultResult::kOk: break;
                case FaultResult::kOom: return Errno::kNOMEM;
                default: return Errno::kFAULT;
            }
            // One fault was enough for all of a large page.
            if (m->huge() ||
                (counters.large.load(std::memory_order_relaxed) != 0 && tables::is_large(tables::find(root_, a).entry)))
                a = align_down(a, tables::kLargeSize) + tables::kLargeSize - kPageSize;
        }
    }
    return {};
}

}  // namespace vm
