// The KASAN runtime: shadow, the compiler's check calls, and reports.
// Source: the instrumentation of clang's -fsanitize=kernel-address; Serebryany et al., AddressSanitizer, USENIX ATC 2012.
#include "memory/kasan/kasan.h"

#include "arch/context.h"
#include "arch/cpu_local.h"
#include "arch/page_table.h"
#include "log/log.h"
#include "memory/kernel_stack.h"

namespace memory::kasan {
namespace {

using arch::Pte;
using arch::PteBits;

constexpr u64 kOffset = 0xdfff'fc00'0000'0000;  // tools/cmake/kernel.cmake says the same to the compiler
constexpr u64 kShadowFirst = 0xffff'ec00'0000'0000, kShadowLast = 0xffff'fc00'0000'0000;
constexpr u64 kKernelFirst = 0xffff'8000'0000'0000;

constinit bool enabled = false;
constinit PhysAddr zero_page, zero_tables[4];  // [1]: level-1 table full of the zero page, and so on upwards

u64 shadow_of(u64 address) { return (address >> 3) + kOffset; }
u8* shadow(u64 address) { return reinterpret_cast<u8*>(shadow_of(address)); }

constexpr PteBits kShared = PteBits::kPresent | PteBits::kAccessed | PteBits::kNoExecute | PteBits::kGlobal;
constexpr PteBits kOwn = kShared | PteBits::kWrite | PteBits::kDirty;

const char* reason(u8 value) {
    switch (value) {
        case kFreedPage: return "freed page";
        case kRedZone: return "heap red zone";
        case kFreedObject: return "freed heap object";
        case 0xf1:
        case 0xf2:
        case 0xf3:
        case 0xf8: return "stack red zone";
        default: return value < 8 ? "beyond the end of an object" : "poisoned memory";
    }
}

// The first byte of [address, address + size) that may not be touched, or 0.
u64 first_bad(u64 address, usize size) {
    for (u64 a = address; a < address + size;) {
        const u8 s = *shadow(a);
        if (s == 0) {
            a = (a | 7) + 1;
            continue;
        }
        if (s < 8) {
            const u64 group = a & ~u64{7};
            if ((a & 7) >= s) return a;
            if (address + size <= group + s) return 0;
            return group + s;
        }
        return a;
    }
    return 0;
}

[[noreturn]] void report(u64 address, usize size, bool write, u64 caller) {
    enabled = false;  // the report itself must not be checked
    const u64 bad = first_bad(address, size);
    log::panic("KASAN: {} of {} bytes at {:#x} from {:#x}: {} at {:#x}", write ? "write" : "read", size, address,
               caller, reason(*shadow(bad)), bad);
}

inline void check(u64 address, usize size, bool write, u64 caller) {
    if (!enabled || size == 0) return;
    if (address < kKernelFirst) return;  // user addresses fault by themselves
    // One group, as almost always: decided by one shadow byte.
    const u8 s = *shadow(address);
    if (s == 0 && (address & 7) + size <= 8) return;
    if (first_bad(address, size) == 0) return;
    report(address, size, write, caller);
}

}  // namespace

void poison(const void* p, usize size, u8 value) {
    if (!enabled) return;
    const u64 a = reinterpret_cast<u64>(p);
    __builtin_memset(shadow(a), value, size >> 3);
}

void unpoison(const void* p, usize size) {
    if (!enabled) return;
    const u64 a = reinterpret_cast<u64>(p);
    __builtin_memset(shadow(a), 0, size >> 3);
    if ((size & 7) != 0) *shadow(a + size) = static_cast<u8>(size & 7);
}

void map_shadow_zero(PhysAddr root, PhysAddr (*allocate)(), void* (*table_at)(PhysAddr)) {
    zero_page = allocate();
    PhysAddr below = zero_page;
    for (int level = 1; level <= 3; level++) {
        zero_tables[level] = allocate();
        arch::PageTable& t = *static_cast<arch::PageTable*>(table_at(zero_tables[level]));
        const PteBits bits = level == 1 ? kShared : arch::kKernelTableBits;
        for (arch::PteSlot& s : t.slots) s.store(Pte(below, bits));
        below = zero_tables[level];
    }
    arch::PageTable& top = *static_cast<arch::PageTable*>(table_at(root));
    for (u64 a = kShadowFirst; a < kShadowLast; a += arch::level_size(4))
        top[arch::table_index(a, 4)].store(Pte(zero_tables[3], arch::kKernelTableBits));
    // Every top entry a space copies must stay as it is: the shared level-3 tables get copies of their own now.
    for (u64 a = kShadowFirst; a < kShadowLast; a += arch::level_size(4)) {
        const PhysAddr own = allocate();
        arch::PageTable& t = *static_cast<arch::PageTable*>(table_at(own));
        for (arch::PteSlot& s : t.slots) s.store(Pte(zero_tables[2], arch::kKernelTableBits));
        top[arch::table_index(a, 4)].store(Pte(own, arch::kKernelTableBits));
    }
}

bool map_shadow(u64 start, u64 end, PhysAddr root, PhysAddr (*allocate)(), void* (*table_at)(PhysAddr)) {
    for (u64 a = align_down(shadow_of(start), u64{kPageSize}); a < shadow_of(end); a += kPageSize) {
        arch::PageTable* t = static_cast<arch::PageTable*>(table_at(root));
        for (int level = 4; level > 1; level--) {
            arch::PteSlot& slot = (*t)[arch::table_index(a, level)];
            PhysAddr below = slot.load().address();
            if (below == zero_tables[level - 1]) {
                const PhysAddr own = allocate();
                if (own.is_null()) return false;
                arch::PageTable& from = *static_cast<arch::PageTable*>(table_at(below));
                arch::PageTable& to = *static_cast<arch::PageTable*>(table_at(own));
                for (usize i = 0; i < arch::kEntriesPerTable; i++) to[i].store(from[i].load());
                slot.store(Pte(own, arch::kKernelTableBits));
                below = own;
            }
            t = static_cast<arch::PageTable*>(table_at(below));
        }
        arch::PteSlot& slot = (*t)[arch::table_index(a, 1)];
        if (slot.load().address() != zero_page) continue;
        const PhysAddr own = allocate();
        if (own.is_null()) return false;
        slot.store(Pte(own, kOwn));
        // An old translation to the page of zeroes may be cached.
        asm volatile("invlpg (%0)" : : "r"(a) : "memory");
    }
    return true;
}

void enable() { enabled = true; }
bool accessible(const void* p, usize size) { return first_bad(reinterpret_cast<u64>(p), size) == 0; }

}  // namespace memory::kasan

// ---- What instrumented code calls ----

using memory::kasan::check;

#define KASAN_CHECKS(n)                                                         \
    extern "C" void __asan_load##n##_noabort(u64 a) {                           \
        check(a, n, false, reinterpret_cast<u64>(__builtin_return_address(0))); \
    }                                                                           \
    extern "C" void __asan_store##n##_noabort(u64 a) {                          \
        check(a, n, true, reinterpret_cast<u64>(__builtin_return_address(0)));  \
    }
KASAN_CHECKS(1)
KASAN_CHECKS(2)
KASAN_CHECKS(4)
KASAN_CHECKS(8)
KASAN_CHECKS(16)
#undef KASAN_CHECKS

extern "C" {
void __asan_loadN_noabort(u64 a, usize n) { check(a, n, false, reinterpret_cast<u64>(__builtin_return_address(0))); }
void __asan_storeN_noabort(u64 a, usize n) { check(a, n, true, reinterpret_cast<u64>(__builtin_return_address(0))); }
// Before a call that does not come back (to user mode with a new program, to the end of the thread): the frames left
// behind take their red zones along, or the next entry would find them on its stack.
void __asan_handle_no_return() {
    const arch::ThreadArch* thread = memory::kasan::enabled ? arch::current() : nullptr;
    if (thread == nullptr) return;
    const u64 here = reinterpret_cast<u64>(__builtin_frame_address(0)) & ~u64{7};
    if (here >= thread->stack_top || thread->stack_top - here > memory::kKernelStackSize) return;  // an IST stack
    memory::kasan::unpoison(reinterpret_cast<const void*>(here), thread->stack_top - here);
}
// Red zones of locals; written through calls, so that code before the shadow exists works.
#define KASAN_SET_SHADOW(hex)                                                                                 \
    void __asan_set_shadow_##hex(u64 shadow_address, usize size) {                                            \
        if (memory::kasan::enabled) __builtin_memset(reinterpret_cast<void*>(shadow_address), 0x##hex, size); \
    }
KASAN_SET_SHADOW(00)
KASAN_SET_SHADOW(01)
KASAN_SET_SHADOW(02)
KASAN_SET_SHADOW(03)
KASAN_SET_SHADOW(04)
KASAN_SET_SHADOW(05)
KASAN_SET_SHADOW(06)
KASAN_SET_SHADOW(07)
KASAN_SET_SHADOW(f1)
KASAN_SET_SHADOW(f2)
KASAN_SET_SHADOW(f3)
KASAN_SET_SHADOW(f5)
KASAN_SET_SHADOW(f8)
#undef KASAN_SET_SHADOW
void __asan_alloca_poison(u64, usize) {}
void __asan_allocas_unpoison(u64, u64) {}
void* __asan_memcpy(void* to, const void* from, usize n) {
    check(reinterpret_cast<u64>(from), n, false, reinterpret_cast<u64>(__builtin_return_address(0)));
    check(reinterpret_cast<u64>(to), n, true, reinterpret_cast<u64>(__builtin_return_address(0)));
    return __builtin_memcpy(to, from, n);
}
void* __asan_memmove(void* to, const void* from, usize n) {
    check(reinterpret_cast<u64>(from), n, false, reinterpret_cast<u64>(__builtin_return_address(0)));
    check(reinterpret_cast<u64>(to), n, true, reinterpret_cast<u64>(__builtin_return_address(0)));
    return __builtin_memmove(to, from, n);
}
void* __asan_memset(void* to, int value, usize n) {
    check(reinterpret_cast<u64>(to), n, true, reinterpret_cast<u64>(__builtin_return_address(0)));
    return __builtin_memset(to, value, n);
}
}
