// fork: a space whose private pages are the parent's until one of the two writes.
#include "vm/address_space.h"
#include "vm/mapping_cache.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

Result<Ref<AddressSpace>> AddressSpace::fork(AddressSpace& parent) {
    Ref<AddressSpace> made = TRY(create());
    made->registered_barriers.store(parent.registered_barriers.load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
    AddressSpace& child = *made;
    sync::LockGuard guard(parent.lock_);
    TRY(parent.check_commit(parent.counters.committed.load(std::memory_order_relaxed)));
    // Nobody knows the child: its lock is taken only because its functions ask for it.
    child.layout_ = parent.layout_;
    child.start_code = parent.start_code;
    child.end_code = parent.end_code;
    child.start_data = parent.start_data;
    child.end_data = parent.end_data;
    child.start_stack = parent.start_stack;
    child.start_brk = parent.start_brk;
    child.brk_end = parent.brk_end;
    child.arg_start = parent.arg_start;
    child.arg_end = parent.arg_end;
    child.env_start = parent.env_start;
    child.env_end = parent.env_end;
    child.vdso_base = parent.vdso_base;
    child.exe_file = parent.exe_file;
    child.keys_ = parent.keys_;
    child.execute_only_key_ = parent.execute_only_key_;
    child.dumpable.store(parent.dumpable.load(std::memory_order_relaxed), std::memory_order_relaxed);
    child.large_pages_off.store(parent.large_pages_off.load(std::memory_order_relaxed), std::memory_order_relaxed);
    const auto copy_limit = [](std::atomic<u64>& to, const std::atomic<u64>& from) {
        to.store(from.load(std::memory_order_relaxed), std::memory_order_relaxed);
    };
    copy_limit(child.limits.address_space, parent.limits.address_space);
    copy_limit(child.limits.data, parent.limits.data);
    copy_limit(child.limits.stack, parent.limits.stack);
    copy_limit(child.limits.locked, parent.limits.locked);
    child.limits.locks_freely.store(parent.limits.locks_freely.load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
    child.limits.administrator.store(parent.limits.administrator.load(std::memory_order_relaxed),
                                     std::memory_order_relaxed);
    child.limits.low_addresses.store(parent.limits.low_addresses.load(std::memory_order_relaxed),
                                     std::memory_order_relaxed);

    [[clang::uninitialized]] TlbBatch batch(parent);
    bool ok = true;
    for (Mapping* m = static_cast<Mapping*>(parent.tree_.first()); m != nullptr && ok; m = parent.next_mapping(*m)) {
        if (has(m->flags, MapFlags::kDontFork)) continue;
        Mapping* c = mapping_cache.create();
        if (c == nullptr) {
            ok = false;
            break;
        }
        c->start = m->start;
        c->end = m->end;
        c->grows_down = m->grows_down;
        c->copy_attributes(*m);
        c->promise.reset();
        c->flags = m->flags & ~MapFlags::kLocked;  // locks are not inherited: mlock(2)
        c->page_offset = m->page_offset;
        child.insert_mapping(*c);
        if (has(m->flags, MapFlags::kWipeOnFork)) continue;
        // Pages of objects come back by faults; only private copies need the table's entries.
        if (m->object && (m->shared() || !m->has_private_pages)) continue;
        RmapGuard rmap(m->object.get());
        ok = tables::copy(parent, child, *m, m->shared(), batch);
    }
    batch.flush();
    if (!ok) return Errno::kNOMEM;  // the child's last reference takes down what there is
    return made;
}

}  // namespace vm
