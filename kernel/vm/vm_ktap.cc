// In-guest tests of address spaces: the test's thread takes a space and reaches it through user copies.
#include <array>

#include "log/ktap.h"
#include "memory/inject.h"
#include "memory/page_allocator.h"
#include "memory/stats.h"
#include "sync/rcu.h"
#include "vm/ktap_space.h"

using namespace vm::in_tests;

KTAP_TEST(vm_map_write_unmap) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    Result<UserAddr> a = map(s, 16);
    KTAP_REQUIRE(a.ok());
    for (u64 i = 0; i < 16; i++) KTAP_EXPECT(holds(a.value() + i * P, 0));
    for (u64 i = 0; i < 16; i++) KTAP_EXPECT(put(a.value() + i * P, i + 1));
    KTAP_EXPECT(s.counters.anonymous.load() == 16);
    KTAP_EXPECT(s.unmap(a.value() + 4 * P, 4 * P).ok());
    for (u64 i = 0; i < 16; i++) {
        if (i >= 4 && i < 8) {
            KTAP_EXPECT(faults(a.value() + i * P));
        } else {
            KTAP_EXPECT(holds(a.value() + i * P, i + 1));
        }
    }
    KTAP_EXPECT(s.mapping_count() == 2);
    KTAP_EXPECT(s.counters.anonymous.load() == 12);
    // The hole is filled again and joins both sides.
    Result<UserAddr> b = map(s, 4, MapFlags::kFixed, Prot::kReadWrite, a.value() + 4 * P);
    KTAP_EXPECT(b.ok() && b.value() == a.value() + 4 * P);
    KTAP_EXPECT(s.mapping_count() == 1);
    KTAP_EXPECT(holds(a.value() + 4 * P, 0));
}

KTAP_TEST(vm_protect_splits_and_joins) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    const UserAddr a = map(s, 8).value_or(UserAddr(0));
    KTAP_REQUIRE(!a.is_null());
    for (u64 i = 0; i < 8; i++) KTAP_EXPECT(put(a + i * P, i));
    KTAP_EXPECT(s.protect(a + 2 * P, 2 * P, Prot::kRead).ok());
    KTAP_EXPECT(s.mapping_count() == 3);
    KTAP_EXPECT(!put(a + 2 * P, 9) && holds(a + 2 * P, 2));
    KTAP_EXPECT(put(a + 4 * P, 9));
    KTAP_EXPECT(s.protect(a + 3 * P, P, Prot::kNone).ok());
    KTAP_EXPECT(faults(a + 3 * P));
    KTAP_EXPECT(s.protect(a, 8 * P, Prot::kReadWrite).ok());
    KTAP_EXPECT(s.mapping_count() == 1);
    KTAP_EXPECT(holds(a + 3 * P, 3) && put(a + 3 * P, 1));
    KTAP_EXPECT(!s.protect(a, 9 * P, Prot::kRead).ok());
}

KTAP_TEST(vm_fork_copies_on_write) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& parent = *made.value();
    UserAddr a, b;
    OptRef<AddressSpace> child;
    {
        Inside inside(parent);
        a = map(parent, 8).value_or(UserAddr(0));
        b = map(parent, 2, MapFlags::kShared).value_or(UserAddr(0));
        KTAP_REQUIRE(!a.is_null() && !b.is_null());
        for (u64 i = 0; i < 8; i++) KTAP_EXPECT(put(a + i * P, 100 + i));
        KTAP_EXPECT(put(b, 7));
        Result<Ref<AddressSpace>> r = AddressSpace::fork(parent);
        KTAP_REQUIRE(r.ok());
        child = r.take();
        KTAP_EXPECT(put(a, 1));  // the parent writes first
        KTAP_EXPECT(holds(a + P, 101));
        KTAP_EXPECT(put(b + 8, 8));
    }
    {
        Inside inside(*child);
        KTAP_EXPECT(holds(a, 100));
        KTAP_EXPECT(put(a + P, 2));
        KTAP_EXPECT(holds(b, 7) && holds(b + 8, 8));
        KTAP_EXPECT(put(b, 70));
    }
    {
        Inside inside(parent);
        KTAP_EXPECT(holds(a, 1) && holds(a + P, 101));
        KTAP_EXPECT(holds(b, 70));
    }
    child.reset();
    {
        Inside inside(parent);
        for (u64 i = 1; i < 8; i++) KTAP_EXPECT(holds(a + i * P, 100 + i) && put(a + i * P, i));
    }
}

KTAP_TEST(vm_truncate_takes_pages_out) {
    Result<Ref<vm::AnonymousObject>> object = vm::AnonymousObject::create(4 * P);
    KTAP_REQUIRE(object.ok());
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    Result<UserAddr> a = s.map({.length = 6 * P,
                                .prot = Prot::kReadWrite,
                                .flags = MapFlags::kShared,
                                .object = Ref<vm::MemoryObject>(object.value())});
    KTAP_REQUIRE(a.ok());
    for (u64 i = 0; i < 4; i++) KTAP_EXPECT(put(a.value() + i * P, i + 1));
    KTAP_EXPECT(faults(a.value() + 4 * P));  // beyond the end: SIGBUS for a process
    std::array<u8, 8> first{};
    vm::IoWriter w = vm::IoWriter::from_kernel(first);
    KTAP_EXPECT(object.value()->read(P, w).value_or(0) == 8 && first[0] == 2);
    object.value()->truncate(P + 8);
    KTAP_EXPECT(holds(a.value(), 1) && holds(a.value() + P, 2));
    KTAP_EXPECT(faults(a.value() + 2 * P));
    KTAP_EXPECT(object.value()->resident_pages() == 2);
    object.value()->grow(3 * P);
    KTAP_EXPECT(holds(a.value() + 2 * P, 0));
    // Written through the file, seen in memory, across pages.
    std::array<u8, 32> text{};
    text.fill(0x41);
    vm::IoReader r = vm::IoReader::from_kernel(text);
    KTAP_EXPECT(object.value()->write(2 * P - 16, r).value_or(0) == 32);
    KTAP_EXPECT(holds(a.value() + 2 * P, 0x4141414141414141) && holds(a.value() + 2 * P - 8, 0x4141414141414141));
}

KTAP_TEST(vm_private_object_pages) {
    Result<Ref<vm::AnonymousObject>> object = vm::AnonymousObject::create(32 * P);
    KTAP_REQUIRE(object.ok());
    for (u64 i = 0; i < 32; i++) {
        const u64 value = i + 1;
        vm::IoReader r = vm::IoReader::from_kernel(base::bytes_of(value));
        KTAP_REQUIRE(object.value()->write(i * P, r).ok());
    }
    object.value()->grow(32 * P);
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    Result<UserAddr> a =
        s.map({.length = 32 * P, .prot = Prot::kReadWrite, .object = Ref<vm::MemoryObject>(object.value())});
    KTAP_REQUIRE(a.ok());
    KTAP_EXPECT(holds(a.value(), 1));
    // Neighbours in the same 64 KiB came along.
    KTAP_EXPECT(s.counters.file.load() == static_cast<i64>(16 - (a.value().page_number() & 15)));
    for (u64 i = 0; i < 32; i++) KTAP_EXPECT(holds(a.value() + i * P, i + 1));
    KTAP_EXPECT(put(a.value() + 5 * P, 99) && holds(a.value() + 5 * P, 99));
    KTAP_EXPECT(s.counters.anonymous.load() == 1 && s.counters.file.load() == 31);
    u64 in_file = 0;
    vm::IoWriter w = vm::IoWriter::from_kernel(base::writable_bytes_of(in_file));
    KTAP_EXPECT(object.value()->read(5 * P, w).ok() && in_file == 6);
}

KTAP_TEST(vm_remap_moves_contents) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    const UserAddr wall = map(s, 4, MapFlags::kNone, Prot::kRead).value_or(UserAddr(0));
    const UserAddr a = map(s, 4).value_or(UserAddr(0));
    KTAP_REQUIRE(!a.is_null() && a + 4 * P == wall);
    for (u64 i = 0; i < 4; i++) KTAP_EXPECT(put(a + i * P, i + 1));
    KTAP_EXPECT(!s.remap(a, 4 * P, 8 * P, vm::RemapFlags::kNone, UserAddr(0)).ok());
    Result<UserAddr> b = s.remap(a, 4 * P, 8 * P, vm::RemapFlags::kMayMove, UserAddr(0));
    KTAP_REQUIRE(b.ok());
    for (u64 i = 0; i < 4; i++) KTAP_EXPECT(holds(b.value() + i * P, i + 1));
    KTAP_EXPECT(holds(b.value() + 7 * P, 0));
    if (b.value() != a) KTAP_EXPECT(b.value() + 8 * P == a || faults(a));
    Result<UserAddr> c = s.remap(b.value(), 8 * P, 2 * P, vm::RemapFlags::kNone, UserAddr(0));
    KTAP_EXPECT(c.ok() && c.value() == b.value() && faults(b.value() + 2 * P));
}

KTAP_TEST(vm_brk_and_stack) {
    Result<Ref<AddressSpace>> made = make();
    KTAP_REQUIRE(made.ok());
    AddressSpace& s = *made.value();
    Inside inside(s);
    s.set_brk(0x1000'0100);
    KTAP_EXPECT(s.brk(UserAddr(0)).value == 0x1000'0100);
    KTAP_EXPECT(s.brk(UserAddr(0x1000'5000)).value == 0x1000'5000);
    KTAP_EXPECT(put(UserAddr(0x1000'4ff8), 5) && faults(UserAddr(0x1000'5000)));
    KTAP_EXPECT(s.brk(UserAddr(0x1000'2000)).value == 0x1000'2000);
    KTAP_EXPECT(faults(UserAddr(0x1000'4000)));
    const UserAddr top(0x7000'0000);
    KTAP_REQUIRE(map(s, 4, MapFlags::kGrowsDown | MapFlags::kFixed, Prot::kReadWrite, top - 4 * P).ok());
    KTAP_EXPECT(put(top - 8, 1) && put(top - 64 * P, 2));
    KTAP_EXPECT(!put(top - (16 << 20), 3));  // beyond the limit
}

KTAP_TEST(vm_spaces_leave_nothing_behind) {
    rcu::synchronize();
    const u64 before = memory::stats().free;
    for (int round = 0; round < 50; round++) {
        Result<Ref<AddressSpace>> made = make();
        KTAP_REQUIRE(made.ok());
        Ref<AddressSpace> s = made.take();
        Inside inside(*s);
        for (int i = 0; i < 10; i++) {
            Result<UserAddr> a = map(*s, 20, i % 2 == 0 ? MapFlags::kShared : MapFlags::kNone);
            KTAP_REQUIRE(a.ok());
            for (u64 p = 0; p < 20; p++) KTAP_EXPECT(put(a.value() + p * P, p));
        }
        Result<Ref<AddressSpace>> child = AddressSpace::fork(*s);
        KTAP_EXPECT(child.ok());
    }
    rcu::synchronize();
    const u64 after = memory::stats().free;
    KTAP_EXPECT(after + 200 >= before);
}

KTAP_TEST(vm_holes_leave_no_tables_behind) {
    rcu::synchronize();
    const u64 before = memory::stats().page_tables;
    {
        Result<Ref<AddressSpace>> made = make();
        KTAP_REQUIRE(made.ok());
        AddressSpace& s = *made.value();
        Inside inside(s);
        // A hole within what one table of level 2 covers, one that has a table of each level for itself, and one above all
        // mappings.
        const u64 at[] = {0x1000'0000, 0x1040'0000, 0x1400'0000, 0x2000'0000'0000, 0x3000'0000'0000, 0x4000'0000'0000};
        for (u64 a : at) {
            KTAP_REQUIRE(map(s, 1, MapFlags::kFixed, Prot::kReadWrite, UserAddr(a)).ok());
            KTAP_EXPECT(put(UserAddr(a), a));
        }
        for (usize i = 1; i < 6; i += 2) KTAP_EXPECT(s.unmap(UserAddr(at[i]), P).ok());
        KTAP_EXPECT(s.counters.page_tables.load() == 14);
    }
    rcu::synchronize();
    KTAP_EXPECT(memory::stats().page_tables <= before + 1);  // a spare root
}

KTAP_TEST(vm_survives_failing_allocations) {
#if CONFIG_FAULT_INJECTION
    for (u64 after = 0; after < 60; after++) {
        Result<Ref<AddressSpace>> made = make();
        KTAP_REQUIRE(made.ok());
        AddressSpace& s = *made.value();
        Inside inside(s);
        memory::inject::arm(memory::inject::Scope::kThread, after, 1);
        Result<UserAddr> a = map(s, 10);
        if (a.ok()) {
            for (u64 p = 0; p < 10; p++) (void)put(a.value() + p * P, p);
            (void)s.protect(a.value() + P, P, Prot::kRead);
            (void)s.unmap(a.value() + 4 * P, 2 * P);
            (void)s.remap(a.value() + 6 * P, 4 * P, 40 * P, vm::RemapFlags::kMayMove, UserAddr(0));
            (void)map(s, 4, MapFlags::kShared);
            Result<Ref<AddressSpace>> child = AddressSpace::fork(s);
            (void)child;
        }
        memory::inject::disarm();
    }
#else
    ktap::skip("needs CONFIG_FAULT_INJECTION");
#endif
}

KTAP_TEST(vm_fixed_mapping_that_fails_changes_nothing) {
#if CONFIG_FAULT_INJECTION
    bool failed = false;
    for (u64 after = 0; after < 8; after++) {
        Result<Ref<AddressSpace>> made = make();
        KTAP_REQUIRE(made.ok());
        AddressSpace& s = *made.value();
        Inside inside(s);
        const UserAddr a = map(s, 6).value_or(UserAddr(0));
        KTAP_REQUIRE(!a.is_null());
        for (u64 i = 0; i < 6; i++) KTAP_EXPECT(put(a + i * P, i + 1));
        memory::inject::arm(memory::inject::Scope::kThread, after, 1);
        const Result<UserAddr> b = map(s, 2, MapFlags::kFixed | MapFlags::kShared, Prot::kReadWrite, a + 2 * P);
        memory::inject::disarm();
        failed |= !b.ok();
        for (u64 i = 0; i < 6; i++) KTAP_EXPECT(holds(a + i * P, b.ok() && (i == 2 || i == 3) ? 0 : i + 1));
    }
    KTAP_EXPECT(failed);
#else
    ktap::skip("needs CONFIG_FAULT_INJECTION");
#endif
}
