// Mappings of huge pages out of the pool: what mmap asks and promises, and faults. docs/decisions/0123
// Source: Linux 6.1, mm/hugetlb.c, fs/hugetlbfs/inode.c; Documentation/mm/hugetlbfs_reserv.rst.
#include "memory/page_ops.h"
#include "memory/page_run.h"
#include "vm/address_space.h"
#include "vm/huge_object.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

using arch::Pte;
using arch::PteBits;
using arch::PteSlot;
using memory::Frame;
using tables::kLargeOrder;
namespace pool = memory::huge_pool;

static_assert(kHugeSize == tables::kLargeSize);

namespace {

constexpr PteBits kWritable = PteBits::kWrite | PteBits::kDirty;

HugeObject& object_of(const Mapping& m) { return static_cast<HugeObject&>(*m.object); }
u64 index_of(const Mapping& m, u64 address) { return m.page_index(address) / kHugePages; }

Pte entry_of(const Mapping& m, const Frame* first, bool writable) {
    const PteBits bits = tables::read_bits(m) | PteBits::kLarge;
    return {memory::phys_of(first), writable ? bits | kWritable : bits};
}

FaultResult result_of(Errno e) { return e == Errno::kNOMEM ? FaultResult::kOom : FaultResult::kSigbus; }

// A page for a private mapping: `from`'s contents, or zeroes. `beyond`: not the one that it was promised. ENOSPC: there
// is none to be had; ENOMEM.
Result<Frame*> take_private(const Mapping& m, u64 huge, const Frame* from, bool beyond) {
    const bool promised = m.promise && !beyond && !m.promise->used.contains(huge);
    if (promised) TRY(m.promise->used.prepare());
    Frame* first = pool::take(promised);
    if (first == nullptr) return Errno::kNOSPC;
    if (promised) m.promise->used.add(huge, huge + 1);
    for (u64 i = 0; i < kHugePages; i++) {
        void* to = memory::page_address(memory::nth(first, i));
        if (from == nullptr) {
            memory::clear_page(to);
        } else {
            memory::copy_page(to, memory::page_address(memory::frame_at(memory::page_number_of(from) + i)));
        }
    }
    return first;
}

}  // namespace

bool AddressSpace::takes_huge(const MapRequest& r) {
    return has(r.flags, MapFlags::kHugeTlb) || (r.object && r.object->kind() == MemoryObject::Kind::kHuge);
}

Result<void> AddressSpace::may_cut(u64 at) const {
    const MappingNode* m = tree_.find(at);
    if (m == nullptr || m->start == at || at % kHugeSize == 0 || !static_cast<const Mapping*>(m)->huge()) return {};
    return Errno::kINVAL;
}

Result<void> AddressSpace::promise_huge(const MapRequest& r, OptRef<HugePromise>& promise) {
    if (has(r.flags, MapFlags::kNoReserve)) return {};
    const u64 first = r.offset / kHugeSize, pages = r.length / kHugeSize;
    if (has(r.flags, MapFlags::kShared)) return static_cast<HugeObject&>(*r.object).promise(first, first + pages);
    Ref<HugePromise> made = TRY(make_ref<HugePromise>());
    TRY(pool::promise(pages));
    promise = std::move(made);
    return {};
}

void AddressSpace::unpromise_huge(const Mapping& m, u64 start, u64 end) {
    if (!m.promise) return;
    const u64 from = index_of(m, start), to = from + (end - start) / kHugeSize;
    pool::unpromise(to - from - m.promise->used.count(from, to));
}

Result<void> AddressSpace::advise_huge(Mapping& m, u64 at, u64 until, Advice advice, TlbBatch& batch) {
    switch (advice) {
        case Advice::kDontNeed:
        case Advice::kDontNeedLocked:
            // A length is of small pages: what it cuts stays (Linux since 6.1).
            if (at % kHugeSize != 0) return Errno::kINVAL;
            until = align_down(until, kHugeSize);
            if (at < until) tables::zap(*this, at, until, batch);
            return {};
        case Advice::kRemove:
            if (!m.shared() || !has(m.prot, Prot::kWrite)) return Errno::kACCES;
            return object_of(m).punch(m.page_index(at) << kPageShift, m.page_index(until) << kPageShift);
        case Advice::kCollapse: return Errno::kINVAL;
        default: return {};
    }
}

FaultResult AddressSpace::fault_huge(Mapping& m, u64 address, bool write) {
    const u64 start = align_down(address, kHugeSize);
    i64 made = 0;
    PteSlot* slot = tables::make_slot(root_, start, made, false, 2);
    count_tables(made);
    if (slot == nullptr) return FaultResult::kOom;
    // Whoever shares the object faults, and takes pages out of it, one after the other.
    sync::LockGuard guard(object_of(m).lock());
    const Pte old = slot->load();
    if (old.empty()) return fill_huge(m, start, *slot, write);
    if (!write || !old.present() || old.writable()) return FaultResult::kOk;
    return write_huge(m, start, *slot, old);
}

FaultResult AddressSpace::fill_huge(Mapping& m, u64 start, PteSlot& slot, bool write) {
    HugeObject& object = object_of(m);
    const u64 huge = index_of(m, start);
    if (m.deprived.load(std::memory_order_relaxed) || huge >= object.size() / kHugeSize) return FaultResult::kSigbus;
    Frame* first = object.find(huge);
    const bool can_write = has(m.prot, Prot::kWrite);
    bool own = m.shared();
    if (first == nullptr && m.shared()) {
        const Result<Frame*> fresh = object.make(huge);
        if (!fresh.ok()) return result_of(fresh.error());
        first = fresh.value();
    } else if (first == nullptr || (write && !m.shared())) {
        const Result<Frame*> fresh = take_private(m, huge, first, false);
        if (first != nullptr) memory::unref_run(first, kLargeOrder);
        if (!fresh.ok()) return result_of(fresh.error());
        first = fresh.value();
        m.has_private_pages = own = true;
    }
    slot.store(entry_of(m, first, own && can_write));  // no other is put here while the object's lock is held
    counters.huge.fetch_add(1, std::memory_order_relaxed);
    return FaultResult::kOk;
}

FaultResult AddressSpace::write_huge(Mapping& m, u64 start, PteSlot& slot, Pte old) {
    Frame* was = memory::frame_of(old.large_address());
    // Beside us only bits that say what was used change.
    const auto become = [&](auto now) {
        while (!slot.compare_exchange(old, now(old))) {}
        return FaultResult::kOk;
    };
    const auto ours = [&] { return become([](Pte e) { return e.with(kWritable); }); };
    if (m.shared()) return ours();
    const bool of_object = was->object.owner != nullptr;
    if (!of_object && memory::is_sole_run(was, kLargeOrder)) return ours();
    const u64 huge = index_of(m, start);
    // What was promised may be needed for what was not touched before fork.
    const Result<Frame*> fresh = take_private(m, huge, was, !of_object);
    if (!fresh.ok()) {
        if (!m.promise || of_object) return result_of(fresh.error());
        // Who was promised memory keeps it, and those who have it by fork lose it (Linux: unmap_ref_private).
        object_of(m).take_from_copies(m, huge, *was);
        return memory::is_sole_run(was, kLargeOrder) ? ours() : result_of(fresh.error());
    }
    m.has_private_pages = true;
    become([&](Pte) { return entry_of(m, fresh.value(), true); });
    flush_range(*this, start, start + kHugeSize);
    memory::unref_run(was, kLargeOrder);
    return FaultResult::kOk;
}

}  // namespace vm
