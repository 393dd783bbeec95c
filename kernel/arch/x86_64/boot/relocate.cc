// Runs at the physical address, before relocation: reads the boot protocol, picks the KASLR slide, maps the image
// there and applies its relocations. Callers: boot/entry.S.
// Locks, context: one CPU; uninstrumented; only code and data reached relative to rip.
#include <cpuid.h>

#include "arch/boot/boot.h"
#include "arch/boot/parsers.h"
#include "arch/cpu.h"
#include "arch/image.h"

namespace arch {

constinit BootInfo boot_info;

namespace {

constexpr u64 kLargePage = 2 << 20;
constexpr u64 kMapped = 4ull << 30;
constexpr u64 kPresentWriteLarge = 0x83;

u64 mix(u64 x) {  // splitmix64's finaliser
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

u64 pick_slide(const BootInfo& info, u64 image_size) {
    if (has_option(info.options(), "nokaslr") || has_option(info.options(), "kaslr=off")) return 0;
    const u64 places = (kMaxImageSlide - image_size) / kLargePage;
    return boot_random() % places * kLargePage;
}

u64* physical(u64 link_address) { return reinterpret_cast<u64*>(link_address - kImageLinkBase + kImagePhys); }

// ELF gABI: an even word is an address to relocate, an odd one a bitmap of the 63 words after the last.
void apply_relr(const u64* at, const u64* end, u64 slide) {
    u64* where = nullptr;
    for (; at < end; ++at) {
        if ((*at & 1) == 0) {
            where = physical(*at);
            *where++ += slide;
            continue;
        }
        u64* bit_at = where;
        for (u64 bits = *at >> 1; bits != 0; bits >>= 1, ++bit_at) {
            if (bits & 1) *bit_at += slide;
        }
        where += 63;
    }
}

void map_image(u64 slide, u64 size) {
    for (u64 offset = 0; offset < size; offset += kLargePage) {
        boot_pd_image[(slide + offset) / kLargePage] = (kImagePhys + offset) | kPresentWriteLarge;
    }
}

}  // namespace

u64 boot_random() {
    u32 a, b, c, d;
    u64 value = mix(rdtsc());
    if (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND)) {
        u64 hardware;
        bool good;
        asm volatile("rdrand %0" : "=r"(hardware), "=@ccc"(good));
        if (good) value ^= hardware;
    }
    return value;
}

extern "C" u64 boot_relocate(BootProtocol protocol, u64 start) {
    const PhysMemory memory(0, nullptr, kMapped);
    if (protocol == BootProtocol::kPvh) {
        parse_pvh(memory, start, boot_info);
    } else {
        parse_multiboot2(memory, start, boot_info);
    }
    const u64 size = static_cast<u64>(image_end - image_start);
    const u64 slide = pick_slide(boot_info, size);
    boot_info.image_phys = kImagePhys;
    boot_info.image_size = size;
    boot_info.image_slide = slide;
    map_image(slide, size);
    // Link-time constants stand in place (RELR) even without a slide; only a slide changes them.
    if (slide != 0) apply_relr(relr_start, relr_end, slide);
    return slide;
}

}  // namespace arch
