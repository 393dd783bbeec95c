// In-guest tests of the allocators and of kernel mappings.
#include <array>

#include "base/heap.h"
#include "base/vector.h"
#include "hw/random.h"
#include "log/ktap.h"
#include "memory/inject.h"
#include "memory/kasan/kasan.h"
#include "memory/kernel_map.h"
#include "memory/kernel_stack.h"
#include "memory/page_allocator.h"
#include "memory/slab.h"
#include "memory/stats.h"

namespace {

using memory::Frame;

// Other threads allocate too: what is compared is compared with this slack.
constexpr u64 kSlack = 64;

bool about_equal(u64 a, u64 b) { return (a > b ? a - b : b - a) <= kSlack; }

}  // namespace

KTAP_TEST(memory_frames_come_back) {
    const u64 before = memory::stats().free;
    std::array<Frame*, 64> frames{};
    std::array<u8, 64> orders{};
    u64 taken = 0;
    for (usize i = 0; i < frames.size(); i++) {
        orders[i] = static_cast<u8>(i % 5);
        Result<Frame*> f = memory::allocate_frames(orders[i]);
        KTAP_REQUIRE(f.ok());
        frames[i] = f.value();
        taken += u64{1} << orders[i];
        KTAP_EXPECT(memory::page_number_of(frames[i]) % (u64{1} << orders[i]) == 0);
        KTAP_EXPECT(frames[i]->refs.load() == 1);
    }
    KTAP_EXPECT(about_equal(memory::stats().free + taken, before));
    for (usize i = 0; i < frames.size(); i++) memory::free_frames(frames[i], orders[i]);
    KTAP_EXPECT(about_equal(memory::stats().free, before));
}

KTAP_TEST(memory_zeroed_frames_are_zero) {
    for (int round = 0; round < 200; round++) {
        Result<Frame*> dirty = memory::allocate_frame();
        KTAP_REQUIRE(dirty.ok());
        for (u8& b : memory::page_bytes(dirty.value())) b = 0xa5;
        memory::frame_unref(dirty.value());
        Result<Frame*> clean = memory::allocate_frame(memory::AllocFlags::kZero);
        KTAP_REQUIRE(clean.ok());
        u8 sum = 0;
        for (u8 b : memory::page_bytes(clean.value())) sum = static_cast<u8>(sum | b);
        KTAP_EXPECT(sum == 0);
        memory::frame_unref(clean.value());
    }
}

KTAP_TEST(memory_heap_keeps_contents) {
    struct Block {
        u8* p;
        u32 size;
        u8 mark;
    };
    Vector<Block> blocks;
    KTAP_REQUIRE(blocks.try_reserve(300).ok());
    const auto check = [](const Block& b) {
        bool good = true;
        for (u32 i = 0; i < b.size; i++) good = good && b.p[i] == b.mark;
        return good;
    };
    for (int step = 0; step < 4000; step++) {
        if (blocks.size() < 300 && hw::random::below(100) < 55) {
            const u32 size = static_cast<u32>(1 + hw::random::below(step % 50 == 0 ? 20000 : 600));
            const usize align = usize{1} << hw::random::below(8);
            u8* p = static_cast<u8*>(base::heap_allocate(size, align));
            KTAP_REQUIRE(p != nullptr);
            KTAP_EXPECT(reinterpret_cast<u64>(p) % align == 0);
            KTAP_EXPECT(memory::heap_usable_size(p) >= size);
            const u8 mark = static_cast<u8>(step);
            for (u32 i = 0; i < size; i++) p[i] = mark;
            blocks.push_reserved({p, size, mark});
        } else if (!blocks.empty()) {
            const usize at = hw::random::below(blocks.size());
            KTAP_EXPECT(check(blocks[at]));
            base::heap_free(blocks[at].p);
            blocks.erase(at);
        }
    }
    for (Block& b : blocks) {
        KTAP_EXPECT(check(b));
        base::heap_free(b.p);
    }
}

KTAP_TEST(memory_kernel_stacks) {
    std::array<memory::KernelStack, 24> stacks{};
    for (memory::KernelStack& s : stacks) {
        Result<memory::KernelStack> r = memory::allocate_kernel_stack();
        KTAP_REQUIRE(r.ok());
        s = r.value();
        KTAP_EXPECT(memory::readable(s.base, memory::kKernelStackSize));
        KTAP_EXPECT(!memory::readable(s.base - 8, 8));
        KTAP_EXPECT(memory::in_stack_guard(s.base - 8));
        KTAP_EXPECT(!memory::in_stack_guard(s.base));
        *reinterpret_cast<u64*>(s.top() - 8) = s.base;
    }
    for (memory::KernelStack& s : stacks) {
        KTAP_EXPECT(*reinterpret_cast<u64*>(s.top() - 8) == s.base);
        (void)memory::free_kernel_stack(s);
    }
}

// After many threads at once only some stacks stay; the slots are used again.
KTAP_TEST(memory_kernel_stacks_go_back) {
    constexpr usize kPages = memory::kKernelStackSize / kPageSize;
    Vector<memory::KernelStack> stacks;
    KTAP_REQUIRE(stacks.try_reserve(400).ok());
    u64 highest = 0;
    for (int round = 0; round < 3; round++) {
        const u64 before = memory::stats().kernel_stacks;
        for (int i = 0; i < 400; i++) {
            Result<memory::KernelStack> r = memory::allocate_kernel_stack();
            KTAP_REQUIRE(r.ok());
            stacks.push_reserved(r.value());
            *reinterpret_cast<u64*>(r.value().base) = r.value().base;
            if (round == 0) highest = std::max(highest, r.value().base);
            KTAP_EXPECT(r.value().base <= highest);
        }
        bool many = false;
        for (const memory::KernelStack& s : stacks) {
            KTAP_EXPECT(*reinterpret_cast<u64*>(s.base) == s.base);
            many |= memory::free_kernel_stack(s);
        }
        stacks.clear();
        KTAP_EXPECT(many);
        KTAP_EXPECT(memory::stats().kernel_stacks >= before);
        memory::trim_kernel_stacks();
        KTAP_EXPECT(memory::stats().kernel_stacks < before + 200 * kPages);
    }
}

KTAP_TEST(memory_kernel_mappings) {
    Result<Frame*> r = memory::allocate_frame(memory::AllocFlags::kZero);
    KTAP_REQUIRE(r.ok());
    Frame* f = r.value();
    Result<VirtAddr> a = memory::map_kernel(memory::phys_of(f) + 16, 100, arch::Caching::kWriteBack);
    KTAP_REQUIRE(a.ok());
    KTAP_EXPECT(a.value().page_offset() == 16);
    *reinterpret_cast<u64*>(a.value().value) = 0x1234;
    KTAP_EXPECT(memory::page_bytes(f)[16] == 0x34);
    Result<PhysAddr> back = memory::translate(a.value().value);
    KTAP_EXPECT(back.ok() && back.value() == memory::phys_of(f) + 16);
    memory::unmap_kernel(a.value());
    KTAP_EXPECT(!memory::readable(a.value().value, 8));
    memory::frame_unref(f);
}

KTAP_TEST(memory_text_is_not_writable) {
    // Neither by the image's address nor through the direct map is anything both writable and executable.
    const u64 text = reinterpret_cast<u64>(&memory::kernel_root);
    Result<PhysAddr> p = memory::translate(text);
    KTAP_REQUIRE(p.ok());
    const auto table = [](PhysAddr t) { return static_cast<arch::PageTable*>(memory::direct_map(t)); };
    const arch::WalkResult image = arch::walk(memory::kernel_root(), text, table);
    KTAP_REQUIRE(image.slot != nullptr);
    KTAP_EXPECT(!image.slot->load().writable() && image.slot->load().executable());
    const arch::WalkResult direct =
        arch::walk(memory::kernel_root(), reinterpret_cast<u64>(memory::direct_map(p.value())), table);
    KTAP_REQUIRE(direct.slot != nullptr);
    KTAP_EXPECT(!direct.slot->load().writable() && !direct.slot->load().executable());
}

KTAP_TEST(memory_injected_failures) {
#if CONFIG_FAULT_INJECTION
    memory::inject::arm(memory::inject::Scope::kThread, 2, 1);
    void* a = base::heap_allocate(64, 8);
    void* b = base::heap_allocate(64, 8);
    void* c = base::heap_allocate(64, 8);
    void* d = base::heap_allocate(64, 8);
    memory::inject::disarm();
    KTAP_EXPECT(a != nullptr && b != nullptr && c == nullptr && d != nullptr);
    KTAP_EXPECT(memory::inject::failures() == 1);
    for (void* p : {a, b, c, d}) base::heap_free(p);
#else
    ktap::skip("needs CONFIG_FAULT_INJECTION");
#endif
}

KTAP_TEST(memory_kasan_shadow) {
#if CONFIG_KASAN
    using memory::kasan::accessible;
    u8* p = static_cast<u8*>(base::heap_allocate(100, 8));
    KTAP_REQUIRE(p != nullptr);
    KTAP_EXPECT(accessible(p, 100) && !accessible(p, 101) && !accessible(p + 100, 1));
    base::heap_free(p);
    KTAP_EXPECT(!accessible(p, 1) && !accessible(p + 99, 1));
    Result<Frame*> f = memory::allocate_frame();
    KTAP_REQUIRE(f.ok());
    KTAP_EXPECT(accessible(memory::page_address(f.value()), kPageSize));
    memory::frame_unref(f.value());
    KTAP_EXPECT(!accessible(memory::page_address(f.value()), 1));
#else
    ktap::skip("needs CONFIG_KASAN");
#endif
}
