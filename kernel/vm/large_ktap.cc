// In-guest tests of large pages.
#include "log/ktap.h"
#include "memory/inject.h"
#include "memory/page_allocator.h"
#include "memory/stats.h"
#include "sync/rcu.h"
#include "vm/ktap_space.h"
#include "vm/large_pages.h"

using namespace vm::in_tests;

namespace {

constexpr u64 kLarge = 512 * P;

i64 large_in(const AddressSpace& s) { return s.counters.large.load(); }
bool all_hold(UserAddr a, u64 pages, u64 first) {
    for (u64 i = 0; i < pages; i++)
        if (!holds(a + i * P, first + i)) return false;
    return true;
}
void put_all(UserAddr a, u64 pages, u64 first) {
    for (u64 i = 0; i < pages; i++) KTAP_EXPECT(put(a + i * P, first + i));
}

}  // namespace

KTAP_TEST(vm_large_page_comes_and_goes) {
    rcu::synchronize();
    const u64 before = memory::stats().free;
    {
        Result<Ref<AddressSpace>> made = make();
        KTAP_REQUIRE(made.ok());
        AddressSpace& s = *made.value();
        Inside inside(s);
        const UserAddr a = map(s, 1024).value_or(UserAddr(0));
        KTAP_REQUIRE(!a.is_null() && a.value % kLarge == 0);
        KTAP_EXPECT(holds(a, 0) && large_in(s) == 0);  // reading takes none
        KTAP_EXPECT(put(a + kLarge, 1) && large_in(s) == 1);
        KTAP_EXPECT(s.counters.anonymous.load() == 512);
        KTAP_EXPECT(holds(a + kLarge + 511 * P, 0));
        put_all(a + kLarge, 512, 10);
        KTAP_EXPECT(large_in(s) == 1);
        // A part goes: the rest stays, page by page.
        KTAP_EXPECT(s.unmap(a + kLarge + 5 * P, P).ok());
        KTAP_EXPECT(large_in(s) == 0 && s.counters.anonymous.load() == 511);
        KTAP_EXPECT(all_hold(a + kLarge, 5, 10) && all_hold(a + kLarge + 6 * P, 506, 16));
        KTAP_EXPECT(faults(a + kLarge + 5 * P));
    }
    rcu::synchronize();
    memory::drain_page_caches();
    KTAP_EXPECT(memory::stats().free + 64 >= before);
}

KTAP_TEST(vm_large_page_shared_by_fork) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& parent = *made.value();
    OptRef<AddressSpace> child;
    UserAddr a;
    {
        Inside inside(parent);
        a = map(parent, 1024).value_or(UserAddr(0));
        KTAP_REQUIRE(!a.is_null());
        put_all(a, 1024, 100);
        KTAP_EXPECT(large_in(parent) == 2);
        Result<Ref<AddressSpace>> r = AddressSpace::fork(parent);
        KTAP_REQUIRE(r.ok());
        child = r.take();
        KTAP_EXPECT(large_in(parent) == 2 && large_in(*child) == 2);
        KTAP_EXPECT(put(a + P, 1) && large_in(parent) == 1);
    }
    {
        Inside inside(*child);
        KTAP_EXPECT(all_hold(a, 1024, 100) && large_in(*child) == 2);
        KTAP_EXPECT(put(a + 2 * P, 2) && large_in(*child) == 1);
        KTAP_EXPECT(holds(a + 3 * P, 103));
    }
    {
        Inside inside(parent);
        KTAP_EXPECT(holds(a + P, 1) && all_hold(a + 2 * P, 1022, 102));
    }
    child.reset();
    rcu::synchronize();
    Inside inside(parent);
    // Alone again: the second is written without a copy and stays whole.
    KTAP_EXPECT(put(a + kLarge, 7) && large_in(parent) == 1);
    KTAP_EXPECT(all_hold(a + kLarge + P, 511, 613));
}

KTAP_TEST(vm_large_page_collapsed) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    const UserAddr a = map(s, 512).value_or(UserAddr(0));
    KTAP_REQUIRE(!a.is_null());
    KTAP_EXPECT(s.advise(a, kLarge, vm::Advice::kNoHugePage).ok());
    for (u64 i = 0; i < 512; i += 2) KTAP_EXPECT(put(a + i * P, i));
    KTAP_EXPECT(large_in(s) == 0 && !s.advise(a, kLarge, vm::Advice::kCollapse).ok());
    KTAP_EXPECT(s.advise(a, kLarge, vm::Advice::kHugePage).ok());
    KTAP_EXPECT(s.advise(a, kLarge, vm::Advice::kCollapse).ok());
    KTAP_EXPECT(large_in(s) == 1 && s.counters.anonymous.load() == 512);
    for (u64 i = 0; i < 512; i++) KTAP_EXPECT(holds(a + i * P, i % 2 == 0 ? i : 0));
    KTAP_EXPECT(put(a + P, 5) && holds(a + P, 5));
}

KTAP_TEST(vm_large_page_survives_failing_allocations) {
#if CONFIG_FAULT_INJECTION
    rcu::synchronize();
    const u64 before = memory::stats().free;
    for (u64 after = 0; after < 40; after++) {
        Result<Ref<AddressSpace>> made = make();
        KTAP_REQUIRE(made.ok());
        AddressSpace& s = *made.value();
        Inside inside(s);
        const UserAddr a = map(s, 1536).value_or(UserAddr(0));
        KTAP_REQUIRE(!a.is_null());
        memory::inject::arm(memory::inject::Scope::kThread, after, 1);
        const bool written = put(a, 1) && put(a + kLarge, 2) && put(a + 2 * kLarge, 3);
        Result<Ref<AddressSpace>> child = AddressSpace::fork(s);
        const bool again = written && put(a + P, 4);
        const bool cut = s.unmap(a + kLarge + 8 * P, P).ok();
        (void)s.protect(a + 2 * kLarge + P, P, Prot::kRead);
        (void)s.remap(a + 2 * kLarge, 512 * P, 600 * P, vm::RemapFlags::kMayMove, UserAddr(0));
        (void)s.advise(a, kLarge, vm::Advice::kCollapse);
        memory::inject::disarm();
        if (written) KTAP_EXPECT(holds(a, 1) && holds(a + kLarge, 2) && faults(a + kLarge + 8 * P) == cut);
        if (again) KTAP_EXPECT(holds(a + P, 4));
    }
    rcu::synchronize();
    memory::drain_page_caches();
    KTAP_EXPECT(memory::stats().free + 64 >= before);
#else
    ktap::skip("needs CONFIG_FAULT_INJECTION");
#endif
}
