// Mapping: one range of an address space with one set of rights and one source (Linux: vm_area_struct).
// Callers: AddressSpace, MemoryObject; others see copies (MappingInfo).
// Locks, context: changed under the address space's lock held for writing; its place in an object's list under that
// object's lock.
#pragma once

#include "vm/huge_promise.h"
#include "vm/map_flags.h"
#include "vm/mapping_tree.h"
#include "vm/memory_object.h"

namespace vm {

class AddressSpace;

// Values as Linux's PROT_* (include/uapi/asm-generic/mman-common.h).
enum class Prot : u8 { kNone = 0, kRead = 1, kWrite = 2, kExec = 4, kReadWrite = 3, kReadExec = 5, kAll = 7 };
constexpr Prot operator|(Prot a, Prot b) { return static_cast<Prot>(static_cast<u8>(a) | static_cast<u8>(b)); }
constexpr Prot operator&(Prot a, Prot b) { return static_cast<Prot>(static_cast<u8>(a) & static_cast<u8>(b)); }
constexpr bool has(Prot a, Prot b) { return (static_cast<u8>(a) & static_cast<u8>(b)) != 0; }

// What /proc/PID/maps calls a mapping without file.
enum class MappingName : u8 { kNone, kHeap, kStack, kVdso, kVvar };

// A counted, untyped reference to the open file behind a mapping; the floor that made it knows the type.
class FileAnchor {
  public:
    struct Ops {
        void (*retain)(void* file);
        void (*release)(void* file);  // in thread context, no locks held but kMmap
    };
    constexpr FileAnchor() = default;
    // Takes over one reference.
    constexpr FileAnchor(void* file, const Ops& ops) : file_(file), ops_(&ops) {}
    FileAnchor(const FileAnchor& o) : file_(o.file_), ops_(o.ops_) {
        if (file_ != nullptr) ops_->retain(file_);
    }
    FileAnchor(FileAnchor&& o) noexcept : file_(std::exchange(o.file_, nullptr)), ops_(o.ops_) {}
    FileAnchor& operator=(FileAnchor o) noexcept {
        std::swap(file_, o.file_);
        std::swap(ops_, o.ops_);
        return *this;
    }
    ~FileAnchor() {
        if (file_ != nullptr) ops_->release(file_);
    }
    void* get() const { return file_; }
    explicit operator bool() const { return file_ != nullptr; }

  private:
    void* file_ = nullptr;
    const Ops* ops_ = nullptr;
};

// What mbind(2) said of where pages should be: MPOL_* and the nodes asked for, as a mask. One node makes it a memo.
struct NodePolicy {
    u16 mode = 0, flags = 0;
    u64 nodes = 0;
    bool operator==(const NodePolicy&) const = default;
};

struct Mapping : MappingNode {
    Prot prot = Prot::kNone;
    Prot max_prot = Prot::kAll;  // what mprotect may give
    MappingName name = MappingName::kNone;
    MapFlags flags = MapFlags::kNone;
    OptRef<MemoryObject> object;  // none: private anonymous memory
    u64 page_offset = 0;          // of `start` in the object; of anonymous memory start >> 12 at birth
    FileAnchor file;
    AddressSpace* space = nullptr;
    ListNode object_node;            // in the object's list
    u8 key = 0;                      // protection key
    bool has_private_pages = false;  // a private page may be here: fork must copy
    NodePolicy policy;
    OptRef<HugePromise> promise;        // of a private mapping of huge pages, unless by fork or without reserve
    std::atomic<bool> deprived{false};  // a huge page was taken from it (HugeObject::take_from_copies)

    // All but its place: span, space and position in the object.
    void copy_attributes(const Mapping& from) {
        prot = from.prot;
        max_prot = from.max_prot;
        name = from.name;
        flags = from.flags;
        object = from.object;
        file = from.file;
        has_private_pages = from.has_private_pages;
        policy = from.policy;
        key = from.key;
        promise = from.promise;
        deprived.store(from.deprived.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    bool shared() const { return has(flags, MapFlags::kShared); }
    bool huge() const { return has(flags, MapFlags::kHugeTlb); }
    // Now or after mprotect() (Linux: VM_SHARED, which goes with VM_MAYWRITE).
    bool may_write_object() const { return shared() && has(max_prot, Prot::kWrite); }
    u64 page_index(u64 address) const { return page_offset + ((address - start) >> kPageShift); }
    u64 pages() const { return (end - start) >> kPageShift; }
};

// A copy for /proc and the like. `file` is a reference of its own.
struct MappingInfo {
    UserAddr start, end;
    Prot prot;
    MapFlags flags;
    MappingName name;
    u64 offset;  // bytes
    FileAnchor file;
    NodePolicy policy = {};
    Prot max_prot = Prot::kAll;
    u8 key = 0;  // protection key
    bool of_object = false;
};

// One page as /proc/PID/pagemap shows it.
struct PageState {
    bool present = false;
    bool zero_page = false;  // or device memory: no page that is counted
    bool of_object = false;  // of a file or shared memory
    bool exclusive = false;  // mapped once
    u64 frame = 0;           // its number
};

}  // namespace vm
