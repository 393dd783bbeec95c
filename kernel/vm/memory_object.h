// MemoryObject: the pages of a file or of shared memory, found without locks, read and mapped from the same frames.
// Callers: file systems (page cache), shared memory, and AddressSpace.
// Locks, context: finding a page takes none; getting one may sleep (allocation, I/O); no spin locks held.
#pragma once

#include "base/list.h"
#include "base/ref.h"
#include "memory/frame.h"
#include "sync/spin_lock.h"
#include "vm/page_tree.h"

namespace vm {

struct Mapping;
class MemoryObject;

enum class PageAccess : u8 { kRead, kWrite };

// Which shared mappings may write an object (F_SEAL_FUTURE_WRITE, F_SEAL_WRITE); it only ever grows.
enum class WriteSeal : u8 {
    kNone,
    kFuture,  // those that exist; new ones can be read alone
    kAll,     // none, and none that could become writable is made
};

// Brings the pages of a file in and out; a file system implements it. Calls may sleep and come from page faults:
// take no lock under which user memory is touched.
class Pager {
  public:
    // Fills the frame (already cleared when `cleared`) with page `index` of the file; bytes beyond the end are 0.
    virtual Result<void> fill(memory::Frame& frame, u64 index) = 0;
    // Writes the page out. The default, for memory-backed files, has nothing to do.
    virtual Result<void> write_back(memory::Frame& frame, u64 index);
    // Before a shared page becomes writable: reserve space on the medium. ENOSPC gives SIGBUS.
    virtual Result<void> prepare_write(u64 index);

  protected:
    ~Pager() = default;
};

// A counted page: unreferenced at scope end.
class PageRef {
  public:
    PageRef() = default;
    explicit PageRef(memory::Frame* f) : frame_(f) {}
    PageRef(PageRef&& o) noexcept : frame_(std::exchange(o.frame_, nullptr)) {}
    PageRef& operator=(PageRef&& o) noexcept {
        std::swap(frame_, o.frame_);
        return *this;
    }
    ~PageRef() {
        if (frame_ != nullptr) memory::frame_unref(frame_);
    }
    explicit operator bool() const { return frame_ != nullptr; }
    memory::Frame* operator->() const { return frame_; }
    memory::Frame& operator*() const { return *frame_; }
    std::span<u8> bytes() const { return memory::page_bytes(frame_); }
    memory::Frame* leak() { return std::exchange(frame_, nullptr); }

  private:
    memory::Frame* frame_ = nullptr;
};

class MemoryObject : public RefCounted<MemoryObject> {
  public:
    enum class Kind : u8 { kFile, kAnonymous, kDevice, kHuge };

    virtual ~MemoryObject();
    Kind kind() const { return kind_; }

    // The page if it is in memory and up to date, else an empty reference. Takes no lock, never sleeps.
    PageRef find_page(u64 index) const;
    // The page, allocated or read in when needed, up to date. kWrite marks it dirty and, in files, reserves space.
    // ENOMEM, EIO, EFAULT beyond the end (when `kRead` or the object does not grow by itself).
    Result<PageRef> get_page(u64 index, PageAccess access);
    u64 size() const { return size_.load(std::memory_order_acquire); }
    // Grows without pages: size alone (the owner's lock serialises).
    void grow(u64 new_size);
    // Sets the size; pages beyond it are dropped from the object and from all address spaces, and the rest of the
    // last page is cleared.
    void truncate(u64 new_size);
    // Drops the pages that lie wholly in [start, end) bytes (hole punching, cache invalidation).
    void drop_range(u64 start, u64 end);
    // Writes dirty pages of [start, end) bytes out. The first error.
    Result<void> write_back(u64 start, u64 end);
    void mark_dirty(memory::Frame& f);
    u64 resident_pages() const { return pages_.load(std::memory_order_relaxed); }

    // Reads and writes through the page cache: the body of a file's read and write. `offset` in bytes; reads stop
    // at size(). A fault or error after some bytes gives the count so far.
    Result<usize> read(u64 offset, class IoWriter& to);
    // Grows the object as needed; the caller checked limits and serialises writers.
    Result<usize> write(u64 offset, class IoReader& from);

    // EBUSY, nothing changed: a shared mapping that may write exists (kAll).
    Result<void> seal_writes(WriteSeal seal);
    WriteSeal write_seal() const { return write_seal_.load(std::memory_order_relaxed); }

    // A physical page of device memory (kDevice): mapped without reference. ENXIO otherwise.
    virtual Result<PhysAddr> device_page(u64 index);

  protected:
    MemoryObject(Kind kind, u64 size) : size_(size), kind_(kind) {}
    // Makes a fresh page's contents. The default is for objects without a pager: a cleared page.
    virtual Result<void> fill(memory::Frame& frame, u64 index);
    virtual Result<void> write_back_page(memory::Frame& frame, u64 index);
    virtual Result<void> prepare_write(u64 index);
    virtual bool clears_pages() const { return true; }  // fresh pages come cleared
    // A page is about to be added: false gives ENOSPC. Pages have left. Any context.
    virtual bool charge_page() { return true; }
    virtual void uncharge_pages(u64) {}
    void drop_all_pages();
    // Pages [first, last] leave the tree, then all page tables. `private_too`: copies made from them as well.
    void drop_pages(u64 first, u64 last, bool private_too);
    // The large page `page`, at `index`, leaves the private mappings without a promise that have it (HugeObject).
    void unmap_copies(const Mapping& keeper, u64 index, const memory::Frame& page);
    // So many have come or, with a minus, gone.
    void count_pages(i64 pages);
    PageTree& tree() { return tree_; }
    auto& tree_lock() const { return lock_; }

  private:
    friend class AddressSpace;
    friend class RmapGuard;
    Result<PageRef> get_slow(u64 index, PageAccess access);
    Result<usize> write_fresh_page(u64 index, class IoReader& from);
    Result<void> fill_locked(memory::Frame& f, u64 index);
    void unmap_everywhere(u64 first, u64 last, bool private_too);
    u32 drops() const { return drops_.load(std::memory_order_acquire); }

    PageTree tree_;
    std::atomic<u64> size_;
    std::atomic<u64> pages_{0};
    // Counts truncations: a fault that put a page in while one ran takes it out again.
    std::atomic<u32> drops_{0};
    std::atomic<WriteSeal> write_seal_{WriteSeal::kNone};  // changes under mappings_lock_
    const Kind kind_;
    mutable sync::SpinLock<sync::Rank::kPageTree> lock_;     // tree_, for writers
    sync::SpinLock<sync::Rank::kRmap> mappings_lock_;        // mapping_head_ and page-table walks from here
    ListNode mapping_head_{&mapping_head_, &mapping_head_};  // ring of Mapping::object_node
};

// Who counts the pages of AnonymousObjects: a file system with a limit. Lives longer than their last page.
class PageAccount {
  public:
    virtual bool charge_page() = 0;  // false: no room
    virtual void uncharge_pages(u64 pages) = 0;

  protected:
    ~PageAccount() = default;
};

// Shared anonymous memory, tmpfs files, memfd, System V segments: pages are made of zeroes and never written out.
class AnonymousObject final : public MemoryObject {
  public:
    // Pages are promised (commit.h) as they come, and counted by `account`. ENOMEM.
    static Result<Ref<AnonymousObject>> create(u64 size, PageAccount* account = nullptr);
    // All pages are promised now. ENOMEM.
    static Result<Ref<AnonymousObject>> create_committed(u64 size);
    AnonymousObject(u64 size, PageAccount* account, u64 committed);
    ~AnonymousObject() override;

  private:
    bool charge_page() override;
    void uncharge_pages(u64 pages) override;
    PageAccount* account_;
    const u64 committed_;  // pages promised in advance; 0: each as it comes
};

// A file's page cache: its pages come from `pager`, which must outlive the object's last use.
class FileObject final : public MemoryObject {
  public:
    static Result<Ref<FileObject>> create(Pager& pager, u64 size);
    FileObject(Pager& pager, u64 size) : MemoryObject(Kind::kFile, size), pager_(pager) {}
    ~FileObject() override;

  private:
    Result<void> fill(memory::Frame& frame, u64 index) override;
    Result<void> write_back_page(memory::Frame& frame, u64 index) override;
    Result<void> prepare_write(u64 index) override;
    bool clears_pages() const override { return false; }
    Pager& pager_;
};

// Device memory, mapped uncached or write-combined into address spaces.
class DeviceObject final : public MemoryObject {
  public:
    static Result<Ref<DeviceObject>> create(PhysAddr start, u64 size);
    DeviceObject(PhysAddr start, u64 size) : MemoryObject(Kind::kDevice, size), start_(start) {}
    Result<PhysAddr> device_page(u64 index) override;

  private:
    PhysAddr start_;
};

}  // namespace vm
