// Kernel mappings outside the direct map: device memory, write-combined framebuffers, scattered pages.
// Callers: device/ and drivers through typed front ends (Mmio<Layout>); memory.
// Locks, context: thread context; takes Rank::kKernelMap.
#pragma once

#include <span>

#include "arch/page_table.h"
#include "base/result.h"
#include "memory/frame.h"

namespace memory {

enum class KernelAccess : u8 { kRead, kReadWrite };

// Maps [phys, phys + size) (any alignment; whole pages are mapped) and returns the address of `phys`. ENOMEM.
[[nodiscard]] Result<VirtAddr> map_kernel(PhysAddr phys, usize size, arch::Caching caching,
                                          KernelAccess access = KernelAccess::kReadWrite);
// Maps pages one after another. The caller keeps their references.
[[nodiscard]] Result<VirtAddr> map_frames(std::span<Frame* const> frames,
                                          KernelAccess access = KernelAccess::kReadWrite);
// Takes what the two above gave (`address` may lie anywhere in its first page). The range is used again only
// after all CPUs have dropped their translations.
void unmap_kernel(VirtAddr address);

// The kernel's top-level table. Its upper half never changes after init: address spaces copy entries 256..511.
PhysAddr kernel_root();
// Tables for starting other CPUs: the kernel, and the first 2 MiB mapped one to one. Below 4 GiB.
[[nodiscard]] Result<PhysAddr> create_trampoline_tables();
void release_trampoline_tables(PhysAddr root);

// Whether the kernel may read [address, address + size) now without a fault: for backtraces and panic.
bool readable(u64 address, usize size);
// The physical address behind a mapped kernel address, or EFAULT.
Result<PhysAddr> translate(u64 address);

// A stretch of kernel addresses that are mapped alike, by pages of one size.
struct KernelRange {
    u64 start = 0, end = 0;
    u64 page_size = 0;
    bool writable = false, executable = false;
    arch::Caching caching = arch::Caching::kWriteBack;
    bool continued_by(const KernelRange& o) const {
        return end == o.start && page_size == o.page_size && writable == o.writable && executable == o.executable &&
               caching == o.caching;
    }
};
// fn(range) for all that the kernel's tables map, in order. No locks: kernel tables are never taken away.
void for_each_kernel_range(void (*fn)(const KernelRange&, void*), void* context);

// Drops all kernel translations on all CPUs. Interrupts on; no spin locks held.
void flush_everywhere();

// Where things are: for /proc and messages.
struct Layout {
    u64 direct_map, direct_map_size, vmap, vmap_size, frame_table, image;
};
Layout layout();

}  // namespace memory
