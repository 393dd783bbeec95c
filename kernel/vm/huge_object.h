// HugeObject: the memory behind mappings of huge pages: MAP_HUGETLB, memfd, System V segments, files of hugetlbfs.
// And HugePromise: what a private mapping of one may still take out of the pool.
// Callers: fs (files), ipc (segments), AddressSpace.
// Locks, context: thread context. lock() below Rank::kMmap: faults, promises, and pages that go. docs/decisions/0123
#pragma once

#include "memory/huge_pool.h"
#include "sched/mutex.h"
#include "vm/huge_promise.h"
#include "vm/memory_object.h"

namespace vm {

inline constexpr u64 kHugeSize = kPageSize << memory::huge_pool::kOrder;
inline constexpr u64 kHugePages = memory::huge_pool::kPages;

// Its page tree has all 512 frames of each huge page, so that what reads objects needs to know nothing. Where not said
// otherwise, `huge` numbers are indexes of huge pages, and sizes are in bytes.
class HugeObject final : public MemoryObject {
  public:
    using Lock = sched::Mutex<sync::Rank::kMemoryObject>;

    // ENOMEM.
    static Result<Ref<HugeObject>> create(u64 size);
    static Result<Ref<HugeObject>> create_promised(u64 size);  // all of it, which is of whole pages
    explicit HugeObject(u64 size) : MemoryObject(Kind::kHuge, size) {}
    ~HugeObject() override { clear(); }

    Lock& lock() const { return fault_lock_; }
    // Pages [from, to) can be had whenever they are touched by who shares them. ENOMEM.
    Result<void> promise(u64 from, u64 to);
    // The first frame of the page, with a reference on each of them, or null. lock() held.
    memory::Frame* find(u64 huge);
    // The same, made of zeroes: ENOSPC, there is none to be had; ENOMEM. lock() held, the page is not there.
    Result<memory::Frame*> make(u64 huge);
    // fallocate(2): pages that are not there are made. ENOSPC, ENOMEM.
    Result<void> populate(u64 start, u64 end);
    // Whole pages in [start, end) leave all mappings, the rest of it becomes zeroes. ENOMEM.
    Result<void> punch(u64 start, u64 end);
    // `new_size` is of whole pages.
    void set_size(u64 new_size);
    // `page` leaves the private mappings but `keeper` that have it by fork; they get no other there. lock() held.
    void take_from_copies(const Mapping& keeper, u64 huge, const memory::Frame& page);
    // All pages and promises go: there are no mappings and nobody else knows it.
    void clear();

  private:
    Result<void> promise_locked(u64 from, u64 to);
    void drop(u64 from, u64 to);
    void clear_part(u64 start, u64 end);
    mutable Lock fault_lock_;
    RegionSet promised_;  // pages that were promised or are there
};

}  // namespace vm
