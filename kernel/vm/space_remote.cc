// Pages of a space reached from outside it: futex keys, ptrace, /proc/PID/mem.
#include "base/bytes.h"
#include "vm/address_space.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

namespace {

// False: nobody counts this page, so nobody can hold it (pages of devices, what lies behind /dev/mem).
bool hold(memory::Frame& f) {
    u32 refs = f.refs.load(std::memory_order_relaxed);
    while (refs != 0 && !f.refs.compare_exchange_weak(refs, refs + 1, std::memory_order_acquire)) {}
    return refs != 0;
}

}  // namespace

Result<PageRef> AddressSpace::pin_page(UserAddr address, FaultKind kind) {
    for (int tries = 0; tries < 4; tries++) {
        const FaultResult r = handle_fault(address, kind);
        if (r == FaultResult::kOom) return Errno::kNOMEM;
        if (r != FaultResult::kOk) return Errno::kFAULT;
        SharedGuard guard(lock_);
        arch::PteSlot* slot = tables::find_slot(root_, address.value);
        if (slot == nullptr) continue;
        const arch::Pte e = slot->load();
        // Gone again, or (a race with fork) not writable any more: once more.
        if (!e.present() || (has(kind, FaultKind::kWrite) && !e.writable())) continue;
        if (!memory::is_ram(e.address())) return Errno::kFAULT;
        memory::Frame* f = memory::frame_of(e.address());
        if (!hold(*f)) {
            if (e.has(tables::kSpecial)) return Errno::kFAULT;
            continue;
        }
        if (slot->load() == e) return PageRef(f);
        memory::frame_unref(f);
    }
    return Errno::kFAULT;
}

Result<usize> AddressSpace::read_remote(UserAddr from, std::span<u8> to) {
    usize done = 0;
    while (done < to.size()) {
        const u64 at = from.value + done;
        if (at < from.value || !arch::is_user_address(at)) break;
        Result<PageRef> page = pin_page(UserAddr(at), FaultKind::kRead);
        if (!page.ok()) break;
        const usize offset = at & (kPageSize - 1);
        done += base::copy(to.subspan(done), page.value().bytes().subspan(offset));
    }
    if (done == 0 && !to.empty()) return Errno::kIO;
    return done;
}

Result<usize> AddressSpace::write_remote(UserAddr to, std::span<const u8> from, bool force) {
    usize done = 0;
    while (done < from.size()) {
        const u64 at = to.value + done;
        if (at < to.value || !arch::is_user_address(at)) break;
        Result<PageRef> page = pin_page(UserAddr(at), FaultKind::kWrite);
        if (!page.ok() && force && page.error() == Errno::kFAULT) {
            // A debugger writes to read-only private code: it gets a copy of the page, which stays read-only.
            SharedGuard guard(lock_);
            Mapping* m = find_mapping(at);
            if (m == nullptr || m->start > at || m->shared() || has(m->flags, MapFlags::kDevice)) break;
            if (fault_in(*m, at, FaultKind::kWrite) != FaultResult::kOk) break;
            arch::PteSlot* slot = tables::find_slot(root_, at);
            if (slot == nullptr || !slot->load().present()) break;
            const arch::Pte e = slot->clear(arch::PteBits::kWrite);
            memory::Frame* f = memory::frame_of(e.address());
            if (e.has(tables::kSpecial) || f->kind != memory::FrameKind::kAnonymous) break;
            flush_page_everywhere(*this, align_down(at, u64{kPageSize}));
            memory::frame_ref(f);
            page = PageRef(f);
        }
        if (!page.ok()) break;
        const usize offset = at & (kPageSize - 1);
        done += base::copy(page.value().bytes().subspan(offset), from.subspan(done));
    }
    if (done == 0 && !from.empty()) return Errno::kIO;
    return done;
}

}  // namespace vm
