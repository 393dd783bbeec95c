// poll, ppoll, select, pselect6.
#include "abi/linux/poll.h"

#include <algorithm>
#include <bit>

#include "abi/linux/personality.h"
#include "abi/linux/resource.h"
#include "generated/syscall_prototypes.h"
#include "linux/poll_waiter.h"
#include "linux/timeout.h"
#include "process/process.h"

namespace linux_abi {
namespace {

constexpr u32 kAlways = abi::POLLERR | abi::POLLHUP;

// What a look at some files is to find out: how many are ready.
// `waiter` is null when nobody will wait.
template <typename Look>
Result<i64> look_until_ready(sched::Thread& thread, Instant deadline, Look look) {
    const i64 ready_now = TRY(look(static_cast<PollWaiter*>(nullptr)));
    if (ready_now != 0 || deadline.ns == 0) return ready_now;
    PollWaiter waiter(thread);
    for (bool first = true;; first = false) {
        waiter.begin();
        // Each file is told once whom to wake.
        const i64 ready = TRY(look(first ? &waiter : nullptr));
        if (ready != 0) return ready;
        if (waiter.incomplete()) return Errno::kNOMEM;
        const Result<void> slept = waiter.sleep(deadline);
        if (slept.ok()) continue;
        if (slept.error() != Errno::kTIMEDOUT) return slept.error();
        return look(static_cast<PollWaiter*>(nullptr));
    }
}

u32 ask(object::File& file, PollWaiter* waiter) {
    return waiter != nullptr ? waiter->ask_and_watch(file) : file.poll(nullptr);
}

// --- poll ---

i64 look_at(process::Task& task, std::span<abi::pollfd> fds, PollWaiter* waiter) {
    i64 count = 0;
    for (abi::pollfd& p : fds) {
        p.revents = 0;
        if (p.fd < 0) continue;
        const Result<object::FileRef> file = task.files().get(p.fd);
        const u32 wanted = static_cast<u16>(p.events) | kAlways;
        const u32 ready = file.ok() ? ask(*file.value(), waiter) & wanted : static_cast<u32>(abi::POLLNVAL);
        p.revents = static_cast<i16>(ready);
        if (ready != 0) count++;
    }
    return count;
}

// Few descriptors need no memory.
class PollSet {
  public:
    Result<std::span<abi::pollfd>> fetch(vm::UserInOut<abi::pollfd> from, u32 count) {
        if (count <= small_.size()) {
            fds_ = std::span(small_).first(count);
        } else {
            TRY(large_.try_resize(count));
            fds_ = large_.span();
        }
        TRY(from.in().fetch_array(fds_));
        return fds_;
    }

  private:
    std::array<abi::pollfd, 16> small_{};
    Vector<abi::pollfd> large_;
    std::span<abi::pollfd> fds_;
};

Result<i64> poll_until(process::Task& task, vm::UserInOut<abi::pollfd> ufds, u32 count, Instant deadline) {
    if (count > task.process().limits().soft(abi::RLIMIT_NOFILE)) return Errno::kINVAL;
    PollSet set;
    const std::span<abi::pollfd> fds = TRY(set.fetch(ufds, count));
    const Result<i64> ready =
        look_until_ready(task, deadline, [&](PollWaiter* w) -> Result<i64> { return look_at(task, fds, w); });
    if (!ready.ok() && ready.error() == Errno::kNOMEM) return ready;
    if (ufds.address().value > kUserLimit) return Errno::kFAULT;  // also of none
    // Only revents is the kernel's to write, also when a signal came.
    UserAddr at = ufds.address() + offsetof(abi::pollfd, revents);
    for (const abi::pollfd& p : fds) {
        TRY(vm::UserOut<i16>(at).store(p.revents));
        at += sizeof(abi::pollfd);
    }
    return ready;
}

Result<i64> restart_poll(process::Task& task, process::RestartBlock& block);

Result<i64> poll_restartable(process::Task& task, vm::UserInOut<abi::pollfd> ufds, u32 count, Instant deadline) {
    const Result<i64> r = poll_until(task, ufds, count, deadline);
    if (r.ok() || r.error() != Errno::kRESTARTNOHAND) return r;
    // After a stop and continue the wait goes on to the same moment.
    task.restart.run = restart_poll;
    task.restart.data = {ufds.address().value, count, static_cast<u64>(deadline.ns)};
    return Errno::kRESTART_RESTARTBLOCK;
}

Result<i64> restart_poll(process::Task& task, process::RestartBlock& block) {
    const vm::UserInOut<abi::pollfd> ufds(UserAddr(block.data[0]));
    return poll_restartable(task, ufds, static_cast<u32>(block.data[1]), Instant{static_cast<i64>(block.data[2])});
}

// --- select ---

// Which readiness counts for which set (fs/select.c).
constexpr std::array<u32, 3> kSelectMasks = {
    abi::POLLRDNORM | abi::POLLRDBAND | abi::POLLIN | abi::POLLHUP | abi::POLLERR | abi::POLLNVAL,
    abi::POLLWRBAND | abi::POLLWRNORM | abi::POLLOUT | abi::POLLERR | abi::POLLNVAL,
    abi::POLLPRI | abi::POLLNVAL,
};

// The three sets, what is asked and what is found, as words of 64 descriptors.
class SelectSets {
  public:
    using Words = std::span<u64>;
    struct Set {
        UserAddr user;  // null: absent
        Words asked, found;
    };

    Result<void> fetch(u32 count, std::array<UserAddr, 3> addresses) {
        words_ = (count + 63) / 64;
        Words memory;
        if (words_ * 6 <= small_.size()) {
            memory = small_;
        } else {
            TRY(large_.try_resize(words_ * 6));
            memory = large_.span();
        }
        for (usize i = 0; i < sets.size(); i++) {
            sets[i] = {addresses[i], memory.subspan(2 * i * words_, words_),
                       memory.subspan((2 * i + 1) * words_, words_)};
            std::fill(sets[i].asked.begin(), sets[i].asked.end(), 0);
            if (!sets[i].user.is_null()) TRY(vm::UserIn<u64>(sets[i].user).fetch_array(sets[i].asked));
            // Bits at and above `count` are not asked for.
            if (count % 64 != 0) sets[i].asked.back() &= (u64{1} << (count % 64)) - 1;
        }
        return {};
    }
    Result<void> store() const {
        for (const Set& s : sets) {
            if (!s.user.is_null()) TRY(vm::UserOut<u64>(s.user).store_array(s.found));
        }
        return {};
    }
    u64 asked_word(usize word) const { return sets[0].asked[word] | sets[1].asked[word] | sets[2].asked[word]; }
    usize words() const { return words_; }

    std::array<Set, 3> sets;

  private:
    usize words_ = 0;
    std::array<u64, 6 * 4> small_{};  // 256 descriptors
    Vector<u64> large_;
};

// EBADF: a number that names nothing, O_PATH files included (max_select_fd).
Result<void> check_open(process::Task& task, const SelectSets& all) {
    for (usize word = 0; word < all.words(); word++) {
        for (u64 left = all.asked_word(word); left != 0; left &= left - 1)
            TRY(task.files().get_any(static_cast<i32>(word * 64) + std::countr_zero(left)));
    }
    return {};
}

i64 look_at(process::Task& task, SelectSets& all, PollWaiter* waiter) {
    i64 count = 0;
    for (auto& set : all.sets) std::fill(set.found.begin(), set.found.end(), 0);
    for (usize word = 0; word < all.words(); word++) {
        for (u64 left = all.asked_word(word); left != 0; left &= left - 1) {
            const int bit_number = std::countr_zero(left);
            const u64 bit = u64{1} << bit_number;
            const Result<object::FileRef> file = task.files().get(static_cast<i32>(word * 64) + bit_number);
            // Closed meanwhile by another thread, or an O_PATH file.
            const u32 ready = file.ok() ? ask(*file.value(), waiter) : static_cast<u32>(abi::POLLNVAL);
            for (usize i = 0; i < all.sets.size(); i++) {
                if ((all.sets[i].asked[word] & bit) == 0 || (ready & kSelectMasks[i]) == 0) continue;
                all.sets[i].found[word] |= bit;
                count++;
            }
        }
    }
    return count;
}

Result<i64> select_until(process::Task& task, i32 n, std::array<UserAddr, 3> addresses, Instant deadline) {
    if (n < 0) return Errno::kINVAL;
    const u32 count = std::min(static_cast<u32>(n), std::max<u32>(task.files().capacity(), 64));
    SelectSets sets;
    TRY(sets.fetch(count, addresses));
    TRY(check_open(task, sets));
    const i64 ready =
        TRY(look_until_ready(task, deadline, [&](PollWaiter* w) -> Result<i64> { return look_at(task, sets, w); }));
    TRY(sets.store());
    return ready;
}

// --- Time limits that come back as what is left of them ---

struct Limit {
    Instant deadline = Instant::never();
    bool told = false;  // the caller gave one that is not 0
};

Limit limit_of(Duration d) { return {deadline_after(d), d.ns != 0}; }

template <typename Time, typename Convert>
Result<i64> with_rest(process::Task& task, Result<i64> result, Limit limit, vm::UserInOut<Time> to, Convert convert) {
    if (!limit.told || (task.personality & abi::STICKY_TIMEOUTS) != 0) return result;
    const Duration rest = std::max(limit.deadline - time::now(), Duration{0});
    const bool stored = to.store(convert(rest)).ok();
    // Without the rest the call cannot be made again (poll_select_finish).
    if (!stored && !result.ok() && result.error() == Errno::kRESTARTNOHAND) return Errno::kINTR;
    return result;
}

abi::timeval timeval_of(Duration d) { return {d.ns / kNsPerSecond, d.ns % kNsPerSecond / 1000}; }

void keep_if_interrupted(TemporaryMask& mask, const Result<i64>& result) {
    if (!result.ok() && result.error() == Errno::kRESTARTNOHAND) mask.keep();
}

}  // namespace

Result<i64> sys_poll(Ctx& ctx, vm::UserInOut<abi::pollfd> ufds, u32 nfds, i32 timeout) {
    return poll_restartable(ctx.task, ufds, nfds, deadline_after_ms(timeout));
}

Result<i64> sys_ppoll(Ctx& ctx, vm::UserInOut<abi::pollfd> ufds, u32 nfds, vm::UserInOut<abi::timespec> tsp,
                      vm::UserIn<abi::sigset_t> sigmask, usize sigsetsize) {
    Limit limit;
    if (tsp) limit = limit_of(TRY(duration_of(TRY(tsp.fetch()))));
    TemporaryMask mask(ctx.task);
    TRY(mask.set(sigmask, sigsetsize));
    const Result<i64> result = poll_until(ctx.task, ufds, nfds, limit.deadline);
    keep_if_interrupted(mask, result);
    return with_rest(ctx.task, result, limit, tsp, timespec_of);
}

Result<i64> sys_select(Ctx& ctx, i32 n, UserAddr inp, UserAddr outp, UserAddr exp, vm::UserInOut<abi::timeval> tvp) {
    Limit limit;
    if (tvp) {
        const abi::timeval t = TRY(tvp.fetch());
        // More than a second of microseconds is carried over, and goes round with the largest second: a negative time.
        const u64 seconds = static_cast<u64>(t.tv_sec) + static_cast<u64>(t.tv_usec / 1'000'000);
        const abi::timespec spec{static_cast<i64>(seconds), t.tv_usec % 1'000'000 * 1000};
        limit = limit_of(TRY(duration_of(spec)));
    }
    const Result<i64> result = select_until(ctx.task, n, {inp, outp, exp}, limit.deadline);
    return with_rest(ctx.task, result, limit, tvp, timeval_of);
}

Result<i64> sys_pselect6(Ctx& ctx, i32 n, UserAddr inp, UserAddr outp, UserAddr exp, vm::UserInOut<abi::timespec> tsp,
                         vm::UserIn<abi::sigset_argpack> sig) {
    abi::sigset_argpack pack{};
    if (sig) pack = TRY(sig.fetch());
    Limit limit;
    if (tsp) limit = limit_of(TRY(duration_of(TRY(tsp.fetch()))));
    TemporaryMask mask(ctx.task);
    TRY(mask.set(vm::UserIn<abi::sigset_t>(UserAddr(pack.p)), pack.size));
    const Result<i64> result = select_until(ctx.task, n, {inp, outp, exp}, limit.deadline);
    keep_if_interrupted(mask, result);
    return with_rest(ctx.task, result, limit, tsp, timespec_of);
}

}  // namespace linux_abi
