// TlbBatch: pages and page tables that leave an address space, freed once no CPU can reach them any more.
// Callers: vm alone.
// Locks, context: interrupts on (it waits for other CPUs); spin locks that no interrupt handler takes may be held.
#pragma once

#include <array>

#include "arch/page_table.h"
#include "hw/cpus.h"
#include "memory/page_allocator.h"

namespace vm {

class AddressSpace;

class TlbBatch {
  public:
    explicit TlbBatch(AddressSpace& space) : space_(space) {}
    ~TlbBatch() {
        if (count_ + run_count_ != 0 || first_ < last_) flush();
    }
    TlbBatch(const TlbBatch&) = delete;
    TlbBatch& operator=(const TlbBatch&) = delete;

    // The translation of the page at `address` is not valid any more.
    void note(u64 address) {
        if (address < first_) first_ = address;
        if (address + kPageSize > last_) last_ = address + kPageSize;
    }
    void note_large(u64 address) {
        note(address);
        note(address + arch::level_size(2) - kPageSize);
    }
    // A reference to drop after the flush.
    void release(memory::Frame* f) {
        frames_[count_++] = f;
        if (count_ == frames_.size()) [[unlikely]]
            flush();
    }
    // The same for the pages of a large entry.
    void release_run(memory::Frame* first) {
        runs_[run_count_++] = first;
        if (run_count_ == runs_.size()) [[unlikely]]
            flush();
    }
    // The tables are loaded nowhere: frames may go without a flush.
    void set_unreachable() { unreachable_ = true; }
    // A page table that maps nothing any more.
    void release_table(memory::Frame* f) {
        if (unreachable_) {
            memory::release_zeroed(f);
        } else {
            release(f);
        }
    }
    void flush();

  private:
    AddressSpace& space_;
    u64 first_ = ~u64{0}, last_ = 0;
    usize count_ = 0, run_count_ = 0;
    bool unreachable_ = false;
    std::array<memory::Frame*, 8> runs_;
    std::array<memory::Frame*, 62> frames_;  // declare batches [[clang::uninitialized]]: this needs no clearing
};

// Drops the translation of one page of `space` on all CPUs that may hold it.
void flush_page_everywhere(AddressSpace& space, u64 address);

}  // namespace vm
