// What memory's own files share.
// Callers: memory/ alone.
// Locks, context: see each.
#pragma once

#include "arch/boot_info.h"
#include "arch/page_table.h"
#include "memory/early.h"
#include "memory/frame.h"

namespace memory::internal {

// Start-up, in the order of init(). `early` gives cleared pages below 4 GiB, reached one to one.
extern EarlyMemory early;
u64 early_take(u64 size, u64 alignment = kPageSize);  // panics without memory
u64 early_take_raw(u64 size, u64 alignment);          // not cleared

// The final tables (kernel_tables.cc).
void build_kernel_tables(const arch::BootInfo& info, bool randomise);
void load_kernel_tables();
extern PhysAddr root;
extern u64 max_page;  // one past the highest page number of RAM

// One entry more in the kernel's tables. The tables' lock held; false without memory.
bool map_page(u64 address, PhysAddr phys, arch::PteBits bits);
void unmap_page(u64 address);

// The areas behind map_kernel (kernel_map.cc) and of stacks.
void init_kernel_map(u64 start, u64 end);
void init_kernel_stacks(u64 start, u64 end);
void init_heap();

// Hands what `early` has left to the zones.
void init_zones(const EarlyMemory& rest, u64 ram_pages);
void add_low_pages(const EarlyMemory& low);

}  // namespace memory::internal
