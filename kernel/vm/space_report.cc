// What /proc, mincore and the policies of memory say of a space's pages.
#include "memory/frame.h"
#include "vm/address_space.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

using memory::Frame;
using memory::FrameKind;

namespace {

// Page-table entries that hold the page. Other holders for a moment (copies under way) count too.
u32 mappers_of(const Frame& f) {
    const u32 refs = f.refs.load(std::memory_order_relaxed);
    const bool cached = f.kind == FrameKind::kHuge ? f.object.owner != nullptr : f.kind != FrameKind::kAnonymous;
    return cached && refs != 0 ? refs - 1 : refs;  // the page cache holds one
}

}  // namespace

Result<usize> AddressSpace::resident(UserAddr start, std::span<u8> pages) {
    SharedGuard guard(lock_);
    u64 at = start.value;
    for (u8& out : pages) {
        Mapping* m = find_mapping(at);
        if (m == nullptr || m->start > at) {
            if (at == start.value) return Errno::kNOMEM;
            break;
        }
        out = !tables::find(root_, at).page.empty();
        if (out == 0 && m->object && !m->huge()) out = static_cast<bool>(m->object->find_page(m->page_index(at)));
        at += kPageSize;
    }
    return (at - start.value) >> kPageShift;
}

AddressSpace::Residency AddressSpace::residency(UserAddr start, UserAddr end) {
    SharedGuard guard(lock_);
    Residency r{};
    const auto add = [&](arch::Pte e) {
        if (e.empty() || e.has(tables::kSpecial)) return;
        const Frame* f = memory::frame_of(e.address());
        const u32 mappers = mappers_of(*f);
        const bool anonymous = f->kind == FrameKind::kAnonymous;
        const bool dirty = e.dirty() || (!anonymous && f->has(memory::frame_flags::kDirty));
        r.resident++;
        r.share += (kPageSize << Residency::kShareShift) / (mappers == 0 ? 1 : mappers);
        if (anonymous) r.anonymous++;
        if (e.has(arch::PteBits::kAccessed)) r.referenced++;
        if (mappers > r.most_mappers) r.most_mappers = mappers;
        u64& bucket =
            mappers <= 1 ? (dirty ? r.private_dirty : r.private_clean) : (dirty ? r.shared_dirty : r.shared_clean);
        bucket++;
    };
    const auto small = [&](arch::PageTable& slots, usize first, usize last, u64) {
        for (usize i = first; i < last; i++) add(slots[i].load_relaxed());
    };
    tables::each_table(root_, start.value, end.value, small, [&](arch::PteSlot& slot, u64 from, u64 until) {
        const arch::Pte e = tables::settled(slot);
        if (!tables::is_large(e)) return;  // split meanwhile: the next reader sees its pages
        if (const Frame* f = memory::frame_of(e.large_address()); f->kind == FrameKind::kHuge) {
            (mappers_of(*f) > 1 ? r.shared_huge : r.private_huge) += (until - from) >> kPageShift;
            return;
        }
        for (u64 a = from; a < until; a += kPageSize) add(tables::small_of(e, a));
        r.large += (until - from) >> kPageShift;
    });
    return r;
}

Result<PageState> AddressSpace::page_state(UserAddr address) {
    SharedGuard guard(lock_);
    Mapping* m = find_mapping(address.value);
    if (m == nullptr || m->start > address.value) return Errno::kFAULT;
    PageState state{};
    const arch::Pte e = tables::find(root_, address.value).page;
    if (e.empty()) return state;
    state.present = true;
    state.frame = e.address().page_number();
    state.zero_page = e.has(tables::kSpecial);
    if (state.zero_page) return state;
    const Frame* f = memory::frame_of(e.address());
    state.of_object = f->kind == FrameKind::kHuge ? f->object.owner != nullptr : f->kind != FrameKind::kAnonymous;
    state.exclusive = mappers_of(*f) == 1;
    return state;
}

void AddressSpace::clear_references(Pages which) {
    SharedGuard guard(lock_);
    [[clang::uninitialized]] TlbBatch batch(*this);
    for (Mapping* m = static_cast<Mapping*>(tree_.first()); m != nullptr; m = next_mapping(*m)) {
        if (has(m->flags, MapFlags::kDevice)) continue;
        if (which == Pages::kAnonymous ? static_cast<bool>(m->file) : which == Pages::kFile && !m->file) continue;
        const auto small = [&](arch::PageTable& slots, usize first, usize last, u64 address) {
            for (usize i = first; i < last; i++, address += kPageSize) {
                if (!slots[i].load_relaxed().present()) continue;
                slots[i].clear(arch::PteBits::kAccessed);
                batch.note(address);
            }
        };
        tables::each_table(root_, m->start, m->end, small, [&](arch::PteSlot& slot, u64 from, u64) {
            slot.clear(arch::PteBits::kAccessed);
            batch.note_large(align_down(from, tables::kLargeSize));
        });
    }
}

Result<NodePolicy> AddressSpace::policy_at(UserAddr address) {
    SharedGuard guard(lock_);
    const Mapping* m = find_mapping(address.value);
    if (m == nullptr || m->start > address.value) return Errno::kFAULT;
    return m->policy;
}

Result<void> AddressSpace::set_policy(UserAddr start, u64 length, const NodePolicy& policy) {
    sync::LockGuard guard(lock_);
    const u64 end = start.value + length;
    u64 at = start.value;
    Mapping* const first = first_overlap(at, end);
    if (first == nullptr) return Errno::kFAULT;
    // Nothing is changed when there is a hole; going back to the default passes over holes.
    if (policy != NodePolicy()) {
        for (Mapping* m = first; at < end; m = next_mapping(*m)) {
            if (m == nullptr || m->start > at) return Errno::kFAULT;
            at = m->end;
            if (at < end && next_mapping(*m) == nullptr) return Errno::kFAULT;
        }
    }
    for (at = start.value; at < end;) {
        Mapping* m = first_overlap(at, end);
        if (m == nullptr) return {};
        at = m->end < end ? m->end : end;
        if (m->policy == policy) continue;
        const u64 from = m->start < start.value ? start.value : m->start;
        m = TRY(isolate(*m, from, at));
        m->policy = policy;
        merge(*m);
    }
    return {};
}

}  // namespace vm
