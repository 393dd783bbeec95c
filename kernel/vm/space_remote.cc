// Pages of a space reached from outside it: futex keys, ptrace, /proc/PID/mem.
#include "base/bytes.h"
#include "vm/address_space.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

Result<PageRef> AddressSpace::pin_page(UserAddr address, FaultKind kind) {
    for (int tries = 0; tries < 4; tries++) {
        const FaultResult r = handle_fault(address, kind);
        if (r == FaultResult::kOom) return Errno::kNOMEM;
        if (r != FaultResult::kOk) return Errno::kFAULT;
        SharedGuard guard(lock_);
        const tables::Found found = tables::find(root_, address.value);
        if (found.slot == nullptr) continue;
        const arch::Pte e = found.page;
        // Gone again, or (a race with fork) not writable any more: once more.
        if (!e.present() || (has(kind, FaultKind::kWrite) && !e.writable())) continue;
        if (!memory::is_ram(e.address())) return Errno::kFAULT;
        if (memory::Frame* f = tables::hold_page(*this, found)) return PageRef(f);
        // Pages of devices, what lies behind /dev/mem: nobody counts them.
        if (e.has(tables::kSpecial) && found.slot->load() == e) return Errno::kFAULT;
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
            if (m == nullptr || m->start > at || m->shared() || has(m->flags, MapFlags::kDevice | MapFlags::kHugeTlb))
                break;
            const tables::Found before = tables::find(root_, at);
            if (tables::is_large(before.entry) && !tables::split(*this, *before.slot, at)) break;
            if (fault_in(*m, at, FaultKind::kWrite) != FaultResult::kOk) break;
            arch::PteSlot* slot = tables::find(root_, at).slot;
            if (slot == nullptr || !slot->load().present()) break;
            const arch::Pte e = slot->clear(arch::PteBits::kWrite).without(arch::PteBits::kWrite);
            flush_page_everywhere(*this, align_down(at, u64{kPageSize}));
            if (e.has(tables::kSpecial)) break;
            memory::Frame* f = tables::hold_page(*this, {slot, e, e});
            if (f == nullptr) break;
            PageRef held(f);
            if (f->kind != memory::FrameKind::kAnonymous) break;
            page = std::move(held);
        }
        if (!page.ok()) break;
        const usize offset = at & (kPageSize - 1);
        done += base::copy(page.value().bytes().subspan(offset), from.subspan(done));
    }
    if (done == 0 && !from.empty()) return Errno::kIO;
    return done;
}

}  // namespace vm
