#include "process/rseq.h"

#include "abi/linux/rseq.h"
#include "arch/cpu_local.h"
#include "process/signal.h"
#include "vm/user_memory.h"

namespace process {

namespace {

Result<void> store_ids(const RseqArea& rseq, u32 start, u32 cpu) {
    TRY(vm::UserOut<u32>(rseq.address + offsetof(abi::rseq, cpu_id_start)).store(start));
    return vm::UserOut<u32>(rseq.address + offsetof(abi::rseq, cpu_id)).store(cpu);
}

// Linux: rseq_ip_fixup(). Leaves the section when the thread was inside.
Result<void> leave_section(Task& self, arch::TrapFrame& frame) {
    const vm::UserInOut<u64> pointer(self.rseq.address + offsetof(abi::rseq, rseq_cs));
    const u64 at = TRY(pointer.fetch());
    if (at == 0) return {};
    const abi::rseq_cs section = TRY(vm::UserIn<abi::rseq_cs>(UserAddr(at)).fetch());
    if (section.start_ip >= kUserLimit || section.start_ip + section.post_commit_offset >= kUserLimit ||
        section.start_ip + section.post_commit_offset < section.start_ip || section.abort_ip >= kUserLimit ||
        section.version > 0 || section.abort_ip - section.start_ip < section.post_commit_offset) {
        return Errno::kINVAL;
    }
    const u32 signature = TRY(vm::UserIn<u32>(UserAddr(section.abort_ip - sizeof(u32))).fetch());
    if (signature != self.rseq.signature) return Errno::kINVAL;
    const bool inside = frame.rip - section.start_ip < section.post_commit_offset;
    TRY(pointer.store(0));
    if (inside) {
        frame.rip = section.abort_ip;
        arch::frame_changed();
    }
    return {};
}

}  // namespace

Result<void> register_rseq(Task& self, UserAddr area, u32 length, u32 flags, u32 signature) {
    RseqArea& rseq = self.rseq;
    if ((flags & abi::RSEQ_FLAG_UNREGISTER) != 0) {
        if ((flags & ~static_cast<u32>(abi::RSEQ_FLAG_UNREGISTER)) != 0) return Errno::kINVAL;
        if (rseq.address.is_null() || rseq.address != area || rseq.length != length) return Errno::kINVAL;
        if (rseq.signature != signature) return Errno::kPERM;
        TRY(store_ids(rseq, 0, static_cast<u32>(abi::RSEQ_CPU_ID_UNINITIALIZED)));
        rseq = {};
        self.switch_work = 0;
        return {};
    }
    if (flags != 0) return Errno::kINVAL;
    if (!rseq.address.is_null()) {
        if (rseq.address != area || rseq.length != length) return Errno::kINVAL;
        return rseq.signature != signature ? Errno::kPERM : Errno::kBUSY;
    }
    if (length != sizeof(abi::rseq) || (area.value & (sizeof(abi::rseq) - 1)) != 0) return Errno::kINVAL;
    if (area.value >= kUserLimit) return Errno::kFAULT;
    rseq = {area, length, signature};
    self.switch_work = kWorkRseq;
    self.request(kWorkRseq);
    return {};
}

bool update_rseq(Task& self, arch::TrapFrame& frame) {
    if (self.rseq.address.is_null()) return true;
    if (!leave_section(self, frame).ok()) return false;
    const u32 cpu = arch::cpu_id();
    return store_ids(self.rseq, cpu, cpu).ok();
}

}  // namespace process
