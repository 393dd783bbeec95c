// The kernel's final page tables: image with write xor execute, direct map with the largest pages, frame table.
#include "arch/image.h"
#include "arch/tlb.h"
#include "base/assert.h"
#include "hw/random.h"
#include "log/log.h"
#include "memory/internal.h"
#include "memory/kasan/kasan.h"
#include "memory/kernel_map.h"
#include "memory/page_allocator.h"
#include "memory/page_ops.h"
#include "memory/stats.h"

namespace memory {

using arch::PageTable;
using arch::Pte;
using arch::PteBits;
using arch::PteSlot;

u64 direct_map_start = 0;

namespace internal {
PhysAddr root;
u64 max_page = 0;
}  // namespace internal

namespace {

// Where things may lie (Documentation/x86/x86_64/mm.rst of Linux has the same plan).
constexpr u64 kDirectMapFirst = 0xffff'8880'0000'0000, kDirectMapLast = 0xffff'c880'0000'0000;
constexpr u64 kVmapFirst = 0xffff'c900'0000'0000, kVmapSize = 512ull << 30;
constexpr u64 kGigabyte = 1ull << 30;

constexpr PteBits kData =
    PteBits::kPresent | PteBits::kWrite | PteBits::kAccessed | PteBits::kDirty | PteBits::kGlobal | PteBits::kNoExecute;
constexpr PteBits kConstant = PteBits::kPresent | PteBits::kAccessed | PteBits::kGlobal | PteBits::kNoExecute;
constexpr PteBits kText = PteBits::kPresent | PteBits::kAccessed | PteBits::kGlobal;

constinit bool booting = true;  // tables come from `early` and are reached one to one
constinit u64 direct_map_bytes = 0;
// What of RAM the direct map and the frame table know: for is_ram().
constinit std::array<PageRange, arch::BootInfo::kMaxRanges> ram{};
constinit usize ram_count = 0;

PageTable* table_at(PhysAddr p) {
    return booting ? reinterpret_cast<PageTable*>(p.value) : static_cast<PageTable*>(direct_map(p));
}

// A cleared page for a table, or 0.
PhysAddr new_table() {
    if (booting) return PhysAddr(internal::early_take(kPageSize));
    Result<Frame*> f = allocate_frame(AllocFlags::kZero | AllocFlags::kNoWait | AllocFlags::kReserve);
    if (!f.ok()) return PhysAddr(0);
    f.value()->kind = FrameKind::kPageTable;
    count(Counter::kPageTables, 1);
    return phys_of(f.value());
}

// The slot for `address` at `level`, with the tables above it; null without memory.
PteSlot* slot_for(u64 address, int level) {
    PageTable* table = table_at(internal::root);
    for (int at = arch::kPageTableLevels; at > level; at--) {
        PteSlot& slot = (*table)[arch::table_index(address, at)];
        if (!slot.load().present()) {
            const PhysAddr fresh = new_table();
            if (fresh.is_null()) return nullptr;
            slot.store(Pte(fresh, arch::kKernelTableBits));
        }
        ASSERT(!slot.load().large());
        table = table_at(slot.load().address());
    }
    return &(*table)[arch::table_index(address, level)];
}

// Start-up only: maps with the largest pages that fit.
void map_region(u64 address, u64 phys, u64 size, PteBits bits) {
    while (size > 0) {
        int level = 1;
        for (int l = arch::features().gigabyte_pages ? 3 : 2; l > 1; l--) {
            const u64 page = arch::level_size(l);
            if (((address | phys) & (page - 1)) == 0 && size >= page) {
                level = l;
                break;
            }
        }
        const u64 page = arch::level_size(level);
        slot_for(address, level)->store(Pte(PhysAddr(phys), level > 1 ? bits | PteBits::kLarge : bits));
        address += page;
        phys += page;
        size -= page;
    }
}

bool directly_mapped(arch::MemoryKind k) {
    return k == arch::MemoryKind::kUsable || k == arch::MemoryKind::kAcpiReclaimable || k == arch::MemoryKind::kAcpiNvs;
}

// The image's text and constants.
u64 fixed_start() { return align_down(arch::image_phys(text_start).value, u64{kPageSize}); }
u64 fixed_end() { return align_up(arch::image_phys(rodata_end).value, u64{kPageSize}); }

// They are never given up: processes map some of them (the vDSO), and who reads there from outside holds the page.
void hold_fixed_frames() {
    for (u64 p = fixed_start(); p < fixed_end(); p += kPageSize) frame_ref(frame_of(PhysAddr(p)));
}

void map_direct(const arch::BootInfo& info) {
    // What is fixed in the image is not writable by this way either.
    for (usize i = 0; i < info.range_count; i++) {
        const arch::MemoryRange& r = info.ranges[i];
        if (!directly_mapped(r.kind)) continue;
        u64 start =
            r.kind == arch::MemoryKind::kUsable ? align_up(r.base, u64{kPageSize}) : align_down(r.base, u64{kPageSize});
        u64 end = r.kind == arch::MemoryKind::kUsable ? align_down(r.end(), u64{kPageSize})
                                                      : align_up(r.end(), u64{kPageSize});
        if (end > internal::max_page << kPageShift) end = internal::max_page << kPageShift;
        const auto map = [](u64 from, u64 to, PteBits bits) {
            if (from < to) map_region(direct_map_start + from, from, to - from, bits);
        };
        const auto clip = [&](u64 a) { return a < start ? start : a > end ? end : a; };
        map(start, clip(fixed_start()), kData);
        map(clip(fixed_start()), clip(fixed_end()), kConstant);
        map(clip(fixed_end()), end, kData);
    }
}

void map_image() {
    const u64 start = arch::address_of(image_start), end = align_up(arch::address_of(image_end), u64{kPageSize});
    const auto bits_of = [](u64 a) {
        if (a >= arch::address_of(text_start) && a < arch::address_of(text_end)) return kText;
        if (a >= arch::address_of(data_start) && a < arch::address_of(bss_end)) return kData;
        return kConstant;
    };
    for (u64 a = start; a < end;) {
        // Runs of one kind, so that large pages are used where they fit.
        u64 run = a + kPageSize;
        while (run < end && bits_of(run) == bits_of(a)) run += kPageSize;
        map_region(a, arch::image_phys(reinterpret_cast<const void*>(a)).value, run - a, bits_of(a));
        a = run;
    }
}

bool overlaps_ram(u64 start, u64 end) {
    for (usize i = 0; i < ram_count; i++)
        if (ram[i].start < end && ram[i].end > start) return true;
    return false;
}
bool inside_ram(u64 start, u64 end) {
    for (usize i = 0; i < ram_count; i++)
        if (ram[i].start <= start && ram[i].end >= end) return true;
    return false;
}

constexpr u64 kRamPerPage = kPageSize / sizeof(Frame) * kPageSize;  // what one page of the frame table describes

// Frames of RAM get memory, which is not cleared (see clear_reserved_frames); the rest of the table shares one
// cleared, read-only page, and level-1 tables full of it.
void map_frame_table() {
    constexpr u64 kRamPerLarge = kRamPerPage * arch::kEntriesPerTable;  // 256 MiB
    const u64 nothing = internal::early_take(kPageSize);
    u64 empty_table = 0;
    for (u64 at = 0; at < internal::max_page << kPageShift; at += kRamPerLarge) {
        const u64 address = kFrameTableBase + at / kPageSize * sizeof(Frame);
        if (inside_ram(at, at + kRamPerLarge)) {
            const u64 block = internal::early_take_raw(arch::level_size(2), arch::level_size(2));
            map_region(address, block, arch::level_size(2), kData);
            continue;
        }
        if (!overlaps_ram(at, at + kRamPerLarge)) {
            if (empty_table == 0) {
                empty_table = internal::early_take(kPageSize);
                for (PteSlot& s : table_at(PhysAddr(empty_table))->slots) s.store(Pte(PhysAddr(nothing), kConstant));
            }
            slot_for(address, 2)->store(Pte(PhysAddr(empty_table), arch::kKernelTableBits));
            continue;
        }
        u64 present = 0;
        for (u64 from = at; from < at + kRamPerLarge; from += kRamPerPage)
            present += overlaps_ram(from, from + kRamPerPage);
        u64 block = internal::early_take_raw(present * kPageSize, kPageSize);
        PteSlot* slots = slot_for(address, 1);
        for (u64 from = at; from < at + kRamPerLarge; from += kRamPerPage, slots++) {
            if (overlaps_ram(from, from + kRamPerPage)) {
                slots->store(Pte(PhysAddr(block), kData));
                block += kPageSize;
            } else {
                slots->store(Pte(PhysAddr(nothing), kConstant));
            }
        }
    }
}

// The buddy looks at frames of pages beside a freed block, which are heads of blocks it wrote itself, or pages that
// it never had. Only the latter must be cleared (kReserved), so that start-up's cost follows what is in use, not
// the machine's size.
void clear_reserved_frames(const EarlyMemory& free) {
    u64 from = 0;
    for (usize i = 0; i <= free.count(); i++) {
        const u64 to = i < free.count() ? free[i].start : internal::max_page << kPageShift;
        for (u64 at = align_down(from, kRamPerPage); at < to; at += kRamPerPage)
            if (overlaps_ram(at, at + kRamPerPage)) clear_page(frame_at(at >> kPageShift));
        if (i < free.count()) from = free[i].end;
    }
}

void remember_ram(const arch::BootInfo& info) {
    // More would need a frame table beyond what one-to-one start-up memory holds.
    constexpr u64 kMostRam = 256ull << 30;
    u64 sum = 0, limit = ~u64{0};
    for (usize i = 0; i < info.range_count; i++) {
        const arch::MemoryRange& r = info.ranges[i];
        if (r.kind != arch::MemoryKind::kUsable) continue;
        PageRange p{align_up(r.base, u64{kPageSize}), align_down(r.end(), u64{kPageSize})};
        if (p.start >= p.end || p.start >= limit) continue;
        if (sum + (p.end - p.start) > kMostRam) {
            log::warn("memory: only the first 256 GiB are used");
            p.end = p.start + (kMostRam - sum);
            limit = p.end;
        }
        if (p.start == p.end) break;
        sum += p.end - p.start;
        ram[ram_count++] = p;
        if (p.end >> kPageShift > internal::max_page) internal::max_page = p.end >> kPageShift;
    }
}

}  // namespace

namespace internal {

void build_kernel_tables(const arch::BootInfo& info, bool randomise) {
    remember_ram(info);
    // ACPI tables may lie above the last usable byte; they are mapped as well.
    u64 top = max_page << kPageShift;
    for (usize i = 0; i < info.range_count; i++)
        if (directly_mapped(info.ranges[i].kind) && info.ranges[i].end() > top &&
            info.ranges[i].end() < top + 4 * kGigabyte)
            top = align_up(info.ranges[i].end(), u64{kPageSize});
    max_page = top >> kPageShift;
    direct_map_bytes = align_up(top, kGigabyte);
    const u64 room = (kDirectMapLast - kDirectMapFirst - direct_map_bytes) / kGigabyte;
    direct_map_start = kDirectMapFirst + (randomise ? hw::random::below(room) * kGigabyte : 0);

    root = PhysAddr(early_take(kPageSize));
    map_image();
    map_direct(info);
    map_frame_table();
    slot_for(kVmapFirst, 3);  // its level-3 table: all address spaces copy this entry
    kasan::map_shadow_zero(root, new_table, [](PhysAddr p) -> void* { return table_at(p); });
    if constexpr (kasan::kEnabled) {
        for (usize i = 0; i < ram_count; i++)
            kasan::map_shadow(direct_map_start + ram[i].start, direct_map_start + ram[i].end, root, new_table,
                              [](PhysAddr p) -> void* { return table_at(p); });
        kasan::map_shadow(arch::address_of(image_start), arch::address_of(image_end), root, new_table,
                          [](PhysAddr p) -> void* { return table_at(p); });
    }
}

void load_kernel_tables() {
    arch::load_page_tables(root);
    arch::flush_all();
    booting = false;
    clear_reserved_frames(early);
    hold_fixed_frames();
    const u64 slide = hw::random::below(64) << 21;  // mappings start at a random place of 128 MiB
    init_kernel_map(kVmapFirst + slide, kVmapFirst + kVmapSize / 2);
    init_kernel_stacks(kVmapFirst + kVmapSize / 2 + slide, kVmapFirst + kVmapSize);
}

bool map_page(u64 address, PhysAddr phys, PteBits bits) {
    if constexpr (kasan::kEnabled) {
        if (!kasan::map_shadow(address, address + kPageSize, root, new_table,
                               [](PhysAddr p) -> void* { return table_at(p); }))
            return false;
    }
    PteSlot* slot = slot_for(address, 1);
    if (slot == nullptr) return false;
    slot->store(Pte(phys, bits | PteBits::kPresent | PteBits::kAccessed | PteBits::kGlobal | PteBits::kNoExecute));
    return true;
}

void unmap_page(u64 address) {
    if (PteSlot* slot = slot_for(address, 1)) slot->store(Pte());
}

}  // namespace internal

bool is_ram(PhysAddr p) { return inside_ram(p.page_down().value, p.page_down().value + kPageSize); }
PhysAddr kernel_root() { return internal::root; }
Layout layout() {
    return {direct_map_start, direct_map_bytes, kVmapFirst, kVmapSize, kFrameTableBase, arch::address_of(image_start)};
}

Result<PhysAddr> translate(u64 address) {
    if (!arch::canonical(address) || arch::is_user_address(address)) return Errno::kFAULT;
    const arch::WalkResult w = arch::walk(internal::root, address, table_at);
    if (w.slot == nullptr) return Errno::kFAULT;
    const Pte entry = w.slot->load();
    if (!entry.present()) return Errno::kFAULT;
    const u64 page = arch::level_size(w.level);
    const u64 base = w.level > 1 ? entry.large_address().value : entry.address().value;
    return PhysAddr((base & ~(page - 1)) | (address & (page - 1)));
}

bool readable(u64 address, usize size) {
    if (internal::root.is_null())
        return address >= arch::address_of(image_start) && address < arch::address_of(image_end);
    for (u64 page = align_down(address, u64{kPageSize}); page < address + size; page += kPageSize)
        if (!translate(page).ok()) return false;
    return true;
}

Result<PhysAddr> create_trampoline_tables() {
    // The top table is loaded by 32-bit code, so it must lie below 4 GiB; the others may lie anywhere.
    Frame* frames[3] = {};
    for (Frame*& f : frames) {
        Result<Frame*> r = allocate_frames(0, AllocFlags::kZero | AllocFlags::kDma32);
        if (!r.ok()) {
            for (Frame* g : frames)
                if (g != nullptr) frame_unref(g);
            return Errno::kNOMEM;
        }
        f = r.value();
    }
    PageTable& top = *table_at(phys_of(frames[0]));
    const PageTable& kernel = *table_at(internal::root);
    for (usize i = arch::kUserTopEntries; i < arch::kEntriesPerTable; i++) top[i].store(kernel.slots[i].load());
    top[0].store(Pte(phys_of(frames[1]), arch::kKernelTableBits));
    (*table_at(phys_of(frames[1])))[0].store(Pte(phys_of(frames[2]), arch::kKernelTableBits));
    (*table_at(phys_of(frames[2])))[0].store(
        Pte(PhysAddr(0), PteBits::kPresent | PteBits::kWrite | PteBits::kAccessed | PteBits::kDirty | PteBits::kLarge));
    return phys_of(frames[0]);
}

void release_trampoline_tables(PhysAddr top) {
    const PhysAddr third = (*table_at(top))[0].load().address();
    frame_unref(frame_of((*table_at(third))[0].load().address()));
    frame_unref(frame_of(third));
    frame_unref(frame_of(top));
}

}  // namespace memory
