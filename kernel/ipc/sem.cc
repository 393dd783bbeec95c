// Source: Linux 6.1 ipc/sem.c; semget(2), semop(2), semctl(2).
#include "ipc/sem.h"

#include "ipc/setting.h"
#include "sched/rw_lock.h"
#include "sched/wait_queue.h"
#include "time/clock.h"

namespace ipc::sem {
namespace {

constexpr u64 kMostInt = 0x7fff'ffff;
constinit Setting most_in_set{{abi::SEMMSL}, 0, kMostInt};
constinit Setting most_semaphores{{abi::SEMMNS}, 0, kMostInt};
constinit Setting most_at_once{{abi::SEMOPM}, 0, kMostInt};
constinit Setting most_sets{{abi::SEMMNI}, 0, SysvTable<Set>::kPlaces};

struct Sets {
    SysvTable<Set> table;
    u64 semaphores = 0;
};
[[clang::no_destroy]] constinit sync::Guarded<Sets, sched::RwLock<sync::Rank::kGeneric>> sets;

i64 now_s() { return time::realtime() / 1'000'000'000; }

Result<i32> create(Sets& s, const Caller& caller, i32 key, u32 count, u32 flags) {
    if (count == 0) return Errno::kINVAL;
    if (s.semaphores + count > most_semaphores.get()) return Errno::kNOSPC;
    Ref<Set> set = TRY(make_ref<Set>(SysvPermissions::make(key, flags, caller.credentials), count, now_s()));
    TRY(set->state.unguarded().semaphores.create(count));
    TRY(s.table.add(set, most_sets.get()));
    s.semaphores += count;
    return set->permissions.id;
}

// The set of that number, for `access`. EINVAL, EACCES.
Result<Ref<Set>> find(const Caller& caller, i32 id, u32 access) {
    const auto s = sets.read();
    Set* set = TRY(s->table.find(id));
    TRY(set->permissions.check(caller.credentials, access));
    return Ref<Set>(*set);
}

void note_completions(Set::State& s) {
    if (s.semaphores.take_completed()) s.operated_s = now_s();
}

// On the stack of who waits; ended and woken with the set's lock held.
struct Waiter : Request {
    Waiter() {
        on_end = [](Request& r) { static_cast<Waiter&>(r).ended.wake_all(); };
    }
    sched::WaitQueue ended;
};

}  // namespace

Set::Set(SysvPermissions p, u32 n, i64 now_s) : permissions(p), count(n) { state.unguarded().changed_s = now_s; }

Result<Adjustments*> UndoList::adjustments(Set& set) {
    auto entries = entries_.lock();
    for (usize i = 0; i < entries->size();) {
        Entry& e = *(*entries)[i];
        const bool removed = e.set->state.lock()->removed;
        if (e.set.get() == &set && !removed) return &e.adjustments;
        if (removed) {
            entries->erase(i);
        } else {
            i++;
        }
    }
    Own<Entry> fresh = TRY(make_own<Entry>(set));
    TRY(fresh->adjustments.by.try_resize(set.count));
    Adjustments& a = fresh->adjustments;
    TRY(entries->try_push(std::move(fresh)));
    auto s = set.state.lock();
    if (s->removed) return Errno::kIDRM;
    s->semaphores.undos.push_back(a);
    return &a;
}

void UndoList::drop_user(i32 pid) {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    auto entries = entries_.lock();
    for (Own<Entry>& e : *entries) {
        auto s = e->set->state.lock();
        if (s->removed) continue;
        e->adjustments.node.unlink();
        s->semaphores.undo(e->adjustments, pid);
        note_completions(*s);
    }
    entries->clear();
}

Result<Ref<UndoList>> share(OptRef<UndoList>& parent) {
    if (!parent) parent = TRY(make_ref<UndoList>());
    parent->add_user();
    return parent.ref();
}

void leave(OptRef<UndoList>& list, i32 pid) {
    if (!list) return;
    list->drop_user(pid);
    list = nullptr;
}

Result<i32> get(const Caller& caller, i32 key, i32 count, u32 flags) {
    if (count < 0 || static_cast<u64>(count) > most_in_set.get()) return Errno::kINVAL;
    auto s = sets.write();
    return s->table.get(
        caller, key, flags, [&] { return create(*s, caller, key, static_cast<u32>(count), flags); },
        [&](const Set& found) -> Result<void> {
            if (static_cast<u32>(count) > found.count) return Errno::kINVAL;
            return {};
        });
}

u64 most_operations() { return most_at_once.get(); }

Result<void> operate(const Caller& caller, OptRef<UndoList>& undo, i32 id, std::span<const abi::sembuf> operations,
                     Instant deadline) {
    Waiter waiter;
    waiter.operations = operations;
    waiter.pid = caller.pid;
    u32 greatest = 0;
    bool undoes = false;
    for (const abi::sembuf& o : operations) {
        greatest = std::max<u32>(greatest, o.sem_num);
        undoes = undoes || (o.sem_flg & abi::SEM_UNDO) != 0;
    }
    const Ref<Set> set = TRY(find(caller, id, 0));
    if (undoes) {
        if (!undo) undo = TRY(make_ref<UndoList>());
        waiter.undo = TRY(undo->adjustments(*set));
    }
    if (greatest >= set->count) return Errno::kFBIG;
    auto s = set->state.lock();
    TRY(set->permissions.check(caller.credentials, waiter.alters() ? 0222 : 0444));
    if (s->removed) return Errno::kIDRM;
    s->semaphores.submit(waiter);
    note_completions(*s);
    const Result<void> waited =
        waiter.ended.wait_interruptible_with(s, [&] { return waiter.end.has_value(); }, deadline);
    if (waiter.end) return *waiter.end;
    s->semaphores.give_up(waiter);
    return waited.error() == Errno::kTIMEDOUT ? Errno::kAGAIN : Errno::kINTR;
}

Result<i32> status(const Caller& caller, i32 id, bool place, bool any, abi::semid64_ds& out) {
    const auto table = sets.read();
    Set* set = TRY(table->table.find_status(caller, id, place, any));
    auto s = set->state.lock();
    out = abi::semid64_ds{};
    out.sem_perm = set->permissions.encode();
    out.sem_otime = s->operated_s;
    out.sem_ctime = s->changed_s;
    out.sem_nsems = set->count;
    return place ? set->permissions.id : 0;
}

Result<i32> read(const Caller& caller, i32 id, i32 number, i32 command) {
    const Ref<Set> set = TRY(find(caller, id, 0444));
    if (number < 0 || static_cast<u32>(number) >= set->count) return Errno::kINVAL;
    const u32 n = static_cast<u32>(number);
    auto s = set->state.lock();
    switch (command) {
        case abi::GETVAL: return s->semaphores.value(n);
        case abi::GETPID: return s->semaphores.pid(n);
        case abi::GETNCNT: return static_cast<i32>(s->semaphores.waiting_for(n, false));
        case abi::GETZCNT: return static_cast<i32>(s->semaphores.waiting_for(n, true));
        default: return Errno::kINVAL;
    }
}

Result<Vector<u16>> read_all(const Caller& caller, i32 id) {
    const Ref<Set> set = TRY(find(caller, id, 0444));
    Vector<u16> values;
    TRY(values.try_resize(set->count));
    auto s = set->state.lock();
    for (u32 i = 0; i < set->count; i++) values[i] = static_cast<u16>(s->semaphores.value(i));
    return values;
}

Result<void> write(const Caller& caller, i32 id, i32 number, i32 value) {
    if (value < 0 || value > abi::SEMVMX) return Errno::kRANGE;
    const Ref<Set> set = TRY(find(caller, id, 0));
    if (number < 0 || static_cast<u32>(number) >= set->count) return Errno::kINVAL;
    auto s = set->state.lock();
    TRY(set->permissions.check(caller.credentials, 0222));
    if (s->removed) return Errno::kIDRM;
    s->semaphores.set(static_cast<u32>(number), static_cast<u16>(value), caller.pid);
    s->changed_s = now_s();
    note_completions(*s);
    return {};
}

Result<u32> begin_write_all(const Caller& caller, i32 id) { return TRY(find(caller, id, 0222))->count; }

Result<void> write_all(const Caller& caller, i32 id, std::span<const u16> values) {
    if (std::ranges::any_of(values, [](u16 v) { return v > abi::SEMVMX; })) return Errno::kRANGE;
    const Result<Ref<Set>> set = find(caller, id, 0);
    if (!set.ok()) return Errno::kIDRM;
    auto s = (*set)->state.lock();
    if (s->removed || (*set)->count != values.size()) return Errno::kIDRM;
    s->semaphores.set_all(values, caller.pid);
    s->changed_s = now_s();
    note_completions(*s);
    return {};
}

Result<void> set(const Caller& caller, i32 id, const abi::ipc64_perm& permissions) {
    auto table = sets.write();
    Set* set = TRY(table->table.find_own(caller, id));
    auto s = set->state.lock();
    TRY(set->permissions.set(permissions));
    s->changed_s = now_s();
    return {};
}

Result<void> remove(const Caller& caller, i32 id) {
    auto table = sets.write();
    const Ref<Set> set(*TRY(table->table.find_own(caller, id)));
    table->table.remove(*set);
    table->semaphores -= set->count;
    auto s = set->state.lock();
    s->removed = true;
    s->semaphores.remove();
    return {};
}

i32 info(bool usage, abi::seminfo& out) {
    const auto s = sets.read();
    out = {.semmap = abi::SEMMAP,
           .semmni = static_cast<i32>(most_sets.get()),
           .semmns = static_cast<i32>(most_semaphores.get()),
           .semmnu = abi::SEMMNU,
           .semmsl = static_cast<i32>(most_in_set.get()),
           .semopm = static_cast<i32>(most_at_once.get()),
           .semume = abi::SEMUME,
           .semusz = usage ? static_cast<i32>(s->table.size()) : abi::SEMUSZ,
           .semvmx = abi::SEMVMX,
           .semaem = usage ? static_cast<i32>(s->semaphores) : abi::SEMAEM};
    return s->table.greatest();
}

namespace {

constexpr std::array<Setting*, 4> kSettings{&most_in_set, &most_semaphores, &most_at_once, &most_sets};

// Up to four numbers; those left out stay. EINVAL: nothing changes.
Result<void> write_settings(std::string_view text) {
    std::array<u64, 4> values{};
    usize count = 0;
    while (count < values.size()) {
        const usize begin = text.find_first_not_of(" \t\n");
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
        text.remove_prefix(word.size());
        const std::optional<u64> n = parse_setting(word);
        if (!n || *n < kSettings[count]->least || *n > kSettings[count]->most) return Errno::kINVAL;
        values[count++] = *n;
    }
    for (usize i = 0; i < count; i++) kSettings[i]->value.store(values[i], std::memory_order_relaxed);
    return {};
}

Result<void> list(const fs::Caller&, fs::procfs::SeqSink& sink) {
    base::format_to(sink, "{:>10} {:>10} {:>5} {:>10} {:>5} {:>5} {:>5} {:>5} {:>10} {:>10}\n", "key", "semid", "perms",
                    "nsems", "uid", "gid", "cuid", "cgid", "otime", "ctime");
    const auto table = sets.read();
    table->table.for_each([&](Set& set) {
        const SysvPermissions& p = set.permissions;
        const auto [operated, changed] =
            set.state.with([](Set::State& s) { return std::pair{s.operated_s, s.changed_s}; });
        base::format_to(sink, "{:>10} {:>10}  {:>4o} {:>10} {:>5} {:>5} {:>5} {:>5} {:>10} {:>10}\n", p.key, p.id,
                        p.mode, set.count, p.uid, p.gid, p.cuid, p.cgid, operated, changed);
    });
    return {};
}

}  // namespace

Result<void> init() {
    TRY(fs::procfs::add_file(
        "sys/kernel/sem",
        [](const fs::Caller&, fs::procfs::SeqSink& s) -> Result<void> {
            base::format_to(s, "{}\t{}\t{}\t{}\n", most_in_set.get(), most_semaphores.get(), most_at_once.get(),
                            most_sets.get());
            return {};
        },
        0644, [](const fs::Caller&, std::string_view text) -> Result<void> { return write_settings(text); }));
    return fs::procfs::add_file("sysvipc/sem", list);
}

}  // namespace ipc::sem
