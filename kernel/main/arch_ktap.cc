// In-guest tests of arch: memory functions in assembly, caught faults, atomic preemption state.
// Callers: ktap (see log/ktap.h). They stand here since arch lies below log.
// Locks, context: a kernel thread.
#include <array>
#include <cstring>
#include <span>

#include "arch/cpu.h"
#include "arch/user_copy.h"
#include "log/ktap.h"

namespace {

constexpr usize kSize = 320, kMiddle = 120;
using Block = std::array<u8, kSize>;

// Byte by byte, through volatile so that the compiler does not make a call of it.
void slow_move(Block& block, usize to, usize from, usize count) {
    const Block old = block;
    for (usize i = 0; i < count; i++) const_cast<volatile u8&>(block[to + i]) = old[from + i];
}

Block pattern() {
    Block block;
    for (usize i = 0; i < kSize; i++) const_cast<volatile u8&>(block[i]) = static_cast<u8>(i * 7 + 3);
    return block;
}

bool same(const Block& a, const Block& b) {
    for (usize i = 0; i < kSize; i++) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

KTAP_TEST(arch_memmove) {
    for (usize count = 0; count < 80; count++) {
        for (const usize to :
             {kMiddle, kMiddle + 1, kMiddle + 9, kMiddle + 33, kMiddle - 1, kMiddle - 8, kMiddle - 40}) {
            Block fast = pattern(), slow = pattern();
            std::memmove(std::span(fast).subspan(to).data(), std::span(fast).subspan(kMiddle).data(), count);
            slow_move(slow, to, kMiddle, count);
            KTAP_REQUIRE(same(fast, slow));
        }
    }
}

KTAP_TEST(arch_memcpy_memset_memcmp) {
    for (usize count = 0; count < 100; count++) {
        Block fast = pattern(), slow = pattern();
        std::memcpy(fast.data(), std::span(fast).subspan(200).data(), count);
        slow_move(slow, 0, 200, count);
        KTAP_REQUIRE(same(fast, slow) && std::memcmp(fast.data(), slow.data(), kSize) == 0);
        std::memset(std::span(fast).subspan(5).data(), 0xa5, count);
        for (usize i = 0; i < count; i++) const_cast<volatile u8&>(slow[5 + i]) = 0xa5;
        KTAP_REQUIRE(same(fast, slow));
        fast[count] = 1;
        slow[count] = 2;
        KTAP_REQUIRE(std::memcmp(fast.data(), slow.data(), kSize) < 0);
        KTAP_REQUIRE(std::memcmp(slow.data(), fast.data(), kSize) > 0);
        KTAP_REQUIRE(std::memcmp(fast.data(), slow.data(), count) == 0);
    }
}

KTAP_TEST(arch_copies_refuse_kernel_addresses) {
    std::array<u8, 64> block{};
    u32 word = 0;
    for (const u64 address : {u64{0xffff'ffff'8000'0000}, ~u64{0} - 8, kUserLimit - 8, u64{0x8000'0000'0000}}) {
        KTAP_EXPECT(arch::copy_from_user(block.data(), address, block.size()) == block.size());
        KTAP_EXPECT(arch::copy_to_user(address, block.data(), block.size()) == block.size());
        KTAP_EXPECT(arch::clear_user(address, block.size()) == block.size());
    }
    KTAP_EXPECT(arch::get_user32(&word, kUserLimit - 2) == -14);
    KTAP_EXPECT(arch::strnlen_user(kUserLimit, 10) == -14);
    KTAP_EXPECT(arch::copy_from_user(block.data(), ~0ull, 0) == 0);
}

KTAP_TEST(arch_preemption_count) {
    KTAP_EXPECT(arch::preemptible());
    arch::preempt_disable();
    arch::set_need_resched();
    KTAP_EXPECT(arch::preempt_count() == 1 && arch::need_resched());
    arch::preempt_enable();
    KTAP_EXPECT(arch::preemptible() && !arch::need_resched());
}

}  // namespace
