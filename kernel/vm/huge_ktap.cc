// In-guest tests of huge pages: no page and no promise is lost, whatever fails.
#include "log/ktap.h"
#include "memory/huge_pool.h"
#include "memory/inject.h"
#include "memory/page_allocator.h"
#include "memory/page_run.h"
#include "memory/stats.h"
#include "sync/rcu.h"
#include "vm/huge_object.h"
#include "vm/ktap_space.h"

using namespace vm::in_tests;

namespace {

namespace pool = memory::huge_pool;
using vm::HugeObject;
using vm::kHugeSize;

// A pool of `pages` for a scope.
class Pool {
  public:
    explicit Pool(u64 pages) { pool::resize(pages); }
    ~Pool() {
        pool::set_most_surplus(0);
        pool::resize(0);
    }
};

bool pool_is(u64 total, u64 free, u64 reserved, u64 surplus = 0) {
    const memory::HugeCounts c = pool::counts();
    return c.total == total && c.free == free && c.reserved == reserved && c.surplus == surplus;
}

Result<UserAddr> map_huge(AddressSpace& s, HugeObject& object, MapFlags flags) {
    return s.map(
        {.length = object.size(), .prot = Prot::kReadWrite, .flags = flags, .object = Ref<vm::MemoryObject>(object)});
}

}  // namespace

KTAP_TEST(vm_huge_pool_grows_and_shrinks) {
    rcu::synchronize();
    memory::drain_page_caches();
    const u64 before = memory::stats().free;
    {
        const Pool four(4);
        KTAP_EXPECT(pool_is(4, 4, 0));
        KTAP_EXPECT(memory::stats().free + 4 * 512 <= before + 64);
        KTAP_EXPECT(pool::promise(3).ok() && !pool::promise(2).ok() && pool_is(4, 4, 3));
        memory::Frame* f = pool::take(true);
        memory::Frame* g = pool::take(false);
        KTAP_EXPECT(f != nullptr && g != nullptr && pool::take(false) == nullptr && pool_is(4, 2, 2));
        pool::resize(0);
        KTAP_EXPECT(pool_is(4, 2, 2, 4));
        // One small page that is still held keeps the whole.
        memory::Frame* part = memory::frame_at(memory::page_number_of(f) + 77);
        memory::frame_ref(part);
        memory::unref_run(f, pool::kOrder);
        KTAP_EXPECT(pool_is(4, 2, 2, 4));
        memory::frame_unref(part);
        KTAP_EXPECT(pool_is(3, 2, 2, 3));
        pool::undo_take(g, true);
        KTAP_EXPECT(pool_is(3, 3, 3, 3));
        pool::unpromise(3);
        KTAP_EXPECT(pool_is(0, 0, 0));
    }
    memory::drain_page_caches();
    KTAP_EXPECT(memory::stats().free + 64 >= before);
}

KTAP_TEST(vm_huge_pages_shared_by_fork) {
    const Pool three(3);
    Result<Ref<AddressSpace>> made = make();
    Result<Ref<HugeObject>> object = HugeObject::create(2 * kHugeSize);
    KTAP_REQUIRE(made.ok() && object.ok());
    AddressSpace& parent = *made.value();
    OptRef<AddressSpace> child;
    UserAddr a;
    {
        Inside inside(parent);
        a = map_huge(parent, *object.value(), MapFlags::kNone).value_or(UserAddr(0));
        KTAP_REQUIRE(!a.is_null() && a.value % kHugeSize == 0 && pool_is(3, 3, 2));
        KTAP_EXPECT(put(a, 1) && put(a + kHugeSize, 2) && pool_is(3, 1, 0));
        KTAP_EXPECT(parent.counters.huge.load() == 2 && parent.counters.anonymous.load() == 0);
        Result<Ref<AddressSpace>> r = AddressSpace::fork(parent);
        KTAP_REQUIRE(r.ok());
        child = r.take();
    }
    {
        Inside inside(*child);
        KTAP_EXPECT(holds(a, 1) && put(a, 3) && pool_is(3, 0, 0));
        KTAP_EXPECT(!put(a + kHugeSize, 4) && holds(a + kHugeSize, 2));  // there is none for it
    }
    {
        Inside inside(parent);
        KTAP_EXPECT(holds(a, 1) && put(a + kHugeSize, 5));  // keeps its own, the child loses it
    }
    {
        Inside inside(*child);
        KTAP_EXPECT(holds(a, 3) && faults(a + kHugeSize));
    }
    child.reset();
    KTAP_EXPECT(pool_is(3, 1, 0));
    made.value()->clear();
    KTAP_EXPECT(pool_is(3, 3, 0));
}

KTAP_TEST(vm_huge_pages_of_a_file_truncated) {
    const Pool four(4);
    Result<Ref<AddressSpace>> made = make();
    Result<Ref<HugeObject>> object = HugeObject::create(4 * kHugeSize);
    KTAP_REQUIRE(made.ok() && object.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    const UserAddr a = map_huge(s, *object.value(), MapFlags::kShared).value_or(UserAddr(0));
    KTAP_REQUIRE(!a.is_null() && pool_is(4, 4, 4));
    KTAP_EXPECT(put(a, 1) && put(a + 2 * kHugeSize, 3) && pool_is(4, 2, 2));
    KTAP_EXPECT(object.value()->punch(0, kHugeSize).ok() && pool_is(4, 3, 2));
    KTAP_EXPECT(holds(a, 0) && pool_is(4, 2, 2));  // not promised any more, but there was one
    object.value()->set_size(kHugeSize);
    KTAP_EXPECT(pool_is(4, 3, 0) && faults(a + 2 * kHugeSize) && holds(a, 0));
    KTAP_EXPECT(s.unmap(a, 4 * kHugeSize).ok() && pool_is(4, 3, 0));
    object.value()->clear();
    KTAP_EXPECT(pool_is(4, 4, 0));
}

KTAP_TEST(vm_huge_pages_survive_failing_allocations) {
#if CONFIG_FAULT_INJECTION
    const Pool six(6);
    KTAP_REQUIRE(pool_is(6, 6, 0));
    pool::set_most_surplus(2);
    rcu::synchronize();
    memory::drain_page_caches();
    const u64 before = memory::stats().free;
    unsigned complete = 0;
    for (u64 after = 0; after < 60; after++) {
        memory::inject::arm(memory::inject::Scope::kThread, after, 1);
        Result<Ref<AddressSpace>> made = make();
        Result<Ref<HugeObject>> object = HugeObject::create(4 * kHugeSize);
        if (made.ok() && object.ok()) {
            AddressSpace& s = *made.value();
            Inside inside(s);
            const UserAddr a = map_huge(s, *object.value(), MapFlags::kNone).value_or(UserAddr(0));
            const UserAddr b = map_huge(s, *object.value(), MapFlags::kShared).value_or(UserAddr(0));
            bool all = !a.is_null() && !b.is_null();
            if (!a.is_null()) {
                all &= put(a, 1) && put(a + kHugeSize, 2) && put(a + 3 * kHugeSize, 3);
                all &= s.unmap(a + kHugeSize, kHugeSize).ok();
                all &= s.protect(a + 2 * kHugeSize, kHugeSize, Prot::kRead).ok();
                all &= s.remap(a, kHugeSize, kHugeSize, vm::RemapFlags{3}, a + 64 * kHugeSize).ok();
                Result<Ref<AddressSpace>> child = AddressSpace::fork(s);
                all &= child.ok() && put(a + 3 * kHugeSize, 4);
            }
            if (!b.is_null()) {
                all &= put(b, 5) && put(b + 2 * kHugeSize, 6);
                all &= object.value()->punch(kHugeSize, 4 * kHugeSize).ok();
            }
            complete += all;
        }
        memory::inject::disarm();
        if (made.ok()) made.value()->clear();
        if (object.ok()) object.value()->clear();
        KTAP_REQUIRE(pool_is(6, 6, 0));
    }
    KTAP_EXPECT(complete > 0 && complete < 60);
    rcu::synchronize();
    memory::drain_page_caches();
    KTAP_EXPECT(memory::stats().free + 128 >= before);
#else
    ktap::skip("needs CONFIG_FAULT_INJECTION");
#endif
}
