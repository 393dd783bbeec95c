// Source: Linux 6.1 ipc/sem.c (perform_atomic_semop, do_smart_update, exit_sem).
#include "ipc/sem_core.h"

namespace ipc::sem {

void Semaphores::submit(Request& request) {
    const Attempt attempted = attempt(request);
    if (attempted == Attempt::kBlocked) {
        waiting_.push_back(request);
    } else if (attempted == Attempt::kDone && request.alters()) {
        wake();
    }
}

// One operation: false when it cannot be done now. ERANGE.
Result<bool> Semaphores::apply(const abi::sembuf& operation, Adjustments* undo) {
    i32& value = semaphores_[operation.sem_num].value;
    const i32 result = value + operation.sem_op;
    if (operation.sem_op == 0 ? value != 0 : result < 0) return false;
    if (result > abi::SEMVMX) return Errno::kRANGE;
    if ((operation.sem_flg & abi::SEM_UNDO) != 0) {
        i16& adjustment = undo->by[operation.sem_num];
        const i32 adjusted = adjustment - operation.sem_op;
        if (adjusted < -abi::SEMAEM - 1 || adjusted > abi::SEMAEM) return Errno::kRANGE;
        adjustment = static_cast<i16>(adjusted);
    }
    value = result;
    return true;
}

void Semaphores::take_back(std::span<const abi::sembuf> operations, Adjustments* undo) {
    for (const abi::sembuf& o : operations) {
        semaphores_[o.sem_num].value -= o.sem_op;
        if ((o.sem_flg & abi::SEM_UNDO) == 0) continue;
        i16& adjustment = undo->by[o.sem_num];
        adjustment = static_cast<i16>(adjustment + o.sem_op);
    }
}

Semaphores::Attempt Semaphores::attempt(Request& request) {
    for (usize i = 0; i < request.operations.size(); i++) {
        const Result<bool> applied = apply(request.operations[i], request.undo);
        if (applied.ok() && *applied) continue;
        take_back(request.operations.first(i), request.undo);
        request.blocking = i;
        if (applied.ok() && (request.operations[i].sem_flg & abi::IPC_NOWAIT) == 0) return Attempt::kBlocked;
        request.end = applied.ok() ? Errno::kAGAIN : applied.error();
        return Attempt::kFailed;
    }
    for (const abi::sembuf& o : request.operations) semaphores_[o.sem_num].pid = request.pid;
    request.end = Result<void>();
    completed_ = true;
    return Attempt::kDone;
}

// Values have changed: those who wait for zero first, then the others in the order of their coming; each that changes
// values makes the round begin anew.
void Semaphores::wake() {
    do {
        wake_some(false);
    } while (wake_some(true));
}

// True: values have changed again.
bool Semaphores::wake_some(bool altering) {
    for (Request& request : waiting_) {
        if (request.alters() != altering) continue;
        const Attempt attempted = attempt(request);
        if (attempted == Attempt::kBlocked) continue;
        request.node.unlink();
        request.on_end(request);
        if (altering && attempted == Attempt::kDone) return true;
    }
    return false;
}

u32 Semaphores::waiting_for(u32 number, bool zero) const {
    u32 n = 0;
    for (const Request& request : waiting_) {
        const abi::sembuf& o = request.operations[request.blocking];
        if (o.sem_num == number && (zero ? o.sem_op == 0 : o.sem_op < 0)) n++;
    }
    return n;
}

void Semaphores::set(u32 number, u16 value, i32 pid) {
    for (Adjustments& a : undos) a.by[number] = 0;
    semaphores_[number] = {value, pid};
    wake();
}

void Semaphores::set_all(std::span<const u16> values, i32 pid) {
    for (Adjustments& a : undos) std::ranges::fill(a.by, i16{0});
    for (usize i = 0; i < semaphores_.size(); i++) semaphores_[i] = {values[i], pid};
    wake();
}

void Semaphores::undo(Adjustments& adjustments, i32 pid) {
    for (usize i = 0; i < semaphores_.size(); i++) {
        if (adjustments.by[i] == 0) continue;
        semaphores_[i] = {std::clamp<i32>(semaphores_[i].value + adjustments.by[i], 0, abi::SEMVMX), pid};
    }
    wake();
}

void Semaphores::remove() {
    while (Request* request = waiting_.pop_front()) {
        request->end = Errno::kIDRM;
        request->on_end(*request);
    }
    while (undos.pop_front() != nullptr) {}
}

}  // namespace ipc::sem
