#include "object/descriptor_table.h"

#include <algorithm>
#include <bit>

#include "base/owner_of.h"

namespace object {
namespace {

constexpr u32 kBits = 64;
bool test(std::span<const u64> bits, u32 i) { return (bits[i / kBits] >> (i % kBits)) & 1; }
void set(std::span<u64> bits, u32 i, bool on) {
    const u64 bit = u64{1} << (i % kBits);
    bits[i / kBits] = on ? bits[i / kBits] | bit : bits[i / kBits] & ~bit;
}
// The first bit equal to `wanted` in [from, end), or `end`.
u32 find(std::span<const u64> bits, u32 from, u32 end, bool wanted) {
    for (u32 w = from / kBits; w < bits.size() && w * kBits < end; w++) {
        u64 word = wanted ? bits[w] : ~bits[w];
        if (w == from / kBits) word &= ~u64{0} << (from % kBits);
        if (word != 0) return std::min(end, w * kBits + static_cast<u32>(std::countr_zero(word)));
    }
    return end;
}

}  // namespace

Result<Own<DescriptorTable::Slots>> DescriptorTable::make_slots(u32 entries) {
    Own<Slots> s = TRY(make_own<Slots>());
    if (entries <= Slots::kSmall) {
        s->entries = s->small_entries;
        s->open = std::span(s->small_bits).first(1);
        s->cloexec = std::span(s->small_bits).last(1);
        return s;
    }
    const u32 words = entries / kBits;
    TRY(s->large_entries.try_resize(entries));
    TRY(s->large_bits.try_resize(words * 2));
    s->entries = s->large_entries.span();
    s->open = s->large_bits.span().first(words);
    s->cloexec = s->large_bits.span().last(words);
    return s;
}

Result<Ref<DescriptorTable>> DescriptorTable::create() {
    Ref<DescriptorTable> t = TRY(make_ref<DescriptorTable>());
    t->slots_.store(TRY(make_slots(Slots::kSmall)).release(), std::memory_order_relaxed);
    return t;
}

Result<Ref<DescriptorTable>> DescriptorTable::fork_copy() { return copy_without(1, 0); }
Result<Ref<DescriptorTable>> DescriptorTable::fork_copy_without(u32 first, u32 last) {
    return copy_without(first, last);
}

Result<Ref<DescriptorTable>> DescriptorTable::copy_without(u32 skip_first, u32 skip_last) {
    Ref<DescriptorTable> t = TRY(make_ref<DescriptorTable>());
    u32 room = capacity();
    for (;;) {
        Own<Slots> copy = TRY(make_slots(room));
        sync::SpinGuard guard(lock_);
        Slots& mine = slots();
        if (mine.entries.size() > room) {  // grew meanwhile, by another thread
            room = static_cast<u32>(mine.entries.size());
            continue;
        }
        const u32 end = static_cast<u32>(mine.entries.size());
        for (u32 fd = find(mine.open, 0, end, true); fd < end; fd = find(mine.open, fd + 1, end, true)) {
            if (fd >= skip_first && fd <= skip_last) continue;
            File* f = mine.entries[fd].file.load(std::memory_order_relaxed);
            if (f == nullptr) continue;  // reserved by another thread
            f->add_descriptor();
            copy->entries[fd].file.store(f, std::memory_order_relaxed);
            copy->entries[fd].rights.store(mine.entries[fd].rights.load(std::memory_order_relaxed),
                                           std::memory_order_relaxed);
            set(copy->open, fd, true);
            if (test(mine.cloexec, fd)) set(copy->cloexec, fd, true);
        }
        t->limit_.store(limit(), std::memory_order_relaxed);
        t->slots_.store(copy.release(), std::memory_order_relaxed);
        return t;
    }
}

DescriptorTable::~DescriptorTable() {
    Slots* s = slots_.load(std::memory_order_relaxed);
    if (s == nullptr) return;
    const u32 end = static_cast<u32>(s->entries.size());
    for (u32 fd = find(s->open, 0, end, true); fd < end; fd = find(s->open, fd + 1, end, true)) {
        File* f = s->entries[fd].file.load(std::memory_order_relaxed);
        if (f == nullptr) continue;
        f->on_descriptor_closed(this);
        f->drop_descriptor(false);
    }
    base::destroy(s);
}

Result<FileRef> DescriptorTable::get_shared(int fd) {
    rcu::ReadGuard rcu;
    for (;;) {
        const Slots& s = *slots_.load(std::memory_order_acquire);
        if (static_cast<u32>(fd) >= s.entries.size()) return Errno::kBADF;
        const std::atomic<File*>& slot = s.entries[static_cast<u32>(fd)].file;
        File* f = slot.load(std::memory_order_acquire);
        if (f == nullptr) return Errno::kBADF;
        // The file keeps its descriptors' reference for a grace period after the last close.
        f->add_ref();
        if (slot.load(std::memory_order_acquire) == f) [[likely]]
            return FileRef(*f, true);
        f->drop_ref();
    }
}

Result<Ref<File>> DescriptorTable::get_counted(int fd) {
    FileRef f = TRY(get_shared(fd));
    return f.ref();
}

Result<Rights> DescriptorTable::rights(int fd) const {
    sync::SpinGuard guard(lock_);
    const Slots& s = slots();
    if (static_cast<u32>(fd) >= s.entries.size()) return Errno::kBADF;
    const Entry& e = s.entries[static_cast<u32>(fd)];
    if (e.file.load(std::memory_order_relaxed) == nullptr) return Errno::kBADF;
    return static_cast<Rights>(e.rights.load(std::memory_order_relaxed));
}

// Makes room for at least `at_least` numbers. Called without the lock.
Result<void> DescriptorTable::grow(u32 at_least) {
    u32 size = Slots::kSmall;
    while (size < at_least) size *= 2;
    Own<Slots> bigger = TRY(make_slots(size));
    Slots* old;
    {
        sync::SpinGuard guard(lock_);
        old = &slots();
        if (old->entries.size() >= size) return {};  // somebody else did
        for (u32 fd = 0; fd < old->entries.size(); fd++) {
            bigger->entries[fd].file.store(old->entries[fd].file.load(std::memory_order_relaxed),
                                           std::memory_order_relaxed);
            bigger->entries[fd].rights.store(old->entries[fd].rights.load(std::memory_order_relaxed),
                                             std::memory_order_relaxed);
        }
        std::copy(old->open.begin(), old->open.end(), bigger->open.begin());
        std::copy(old->cloexec.begin(), old->cloexec.end(), bigger->cloexec.begin());
        slots_.store(bigger.release(), std::memory_order_release);
    }
    rcu::defer(old->rcu, [](rcu::Head& head) { base::destroy(&base::owner_of<&Slots::rcu>(head)); });
    return {};
}

Result<int> DescriptorTable::take_number(u32 min_fd, u32 limit, bool cloexec) {
    for (;;) {
        u32 fd;
        {
            sync::SpinGuard guard(lock_);
            Slots& s = slots();
            const u32 end = static_cast<u32>(s.entries.size());
            fd = find(s.open, std::max(min_fd, first_free_), std::max(end, min_fd), false);
            if (fd >= limit) return Errno::kMFILE;
            if (fd < end) {
                set(s.open, fd, true);
                set(s.cloexec, fd, cloexec);
                if (min_fd <= first_free_) first_free_ = fd + 1;
                return static_cast<int>(fd);
            }
        }
        TRY(grow(fd + 1));
    }
}

Result<int> DescriptorTable::reserve(bool cloexec, u32 min_fd) { return take_number(min_fd, limit(), cloexec); }

void DescriptorTable::commit(int fd, Ref<File> file, Rights rights) {
    file->add_descriptor();
    sync::SpinGuard guard(lock_);
    Entry& e = slots().entries[static_cast<u32>(fd)];
    DEBUG_ASSERT(e.file.load(std::memory_order_relaxed) == nullptr);
    e.rights.store(static_cast<u32>(rights), std::memory_order_relaxed);
    e.file.store(file.get(), std::memory_order_release);
}

void DescriptorTable::cancel(int fd) {
    sync::SpinGuard guard(lock_);
    const u32 n = static_cast<u32>(fd);
    set(slots().open, n, false);
    set(slots().cloexec, n, false);
    first_free_ = std::min(first_free_, n);
}

Result<int> DescriptorTable::install(Ref<File> file, bool cloexec, Rights rights, u32 min_fd) {
    const int fd = TRY(take_number(min_fd, limit(), cloexec));
    commit(fd, std::move(file), rights);
    return fd;
}

File* DescriptorTable::take_out(u32 fd) {
    Slots& s = slots();
    File* f = s.entries[fd].file.exchange(nullptr, std::memory_order_acq_rel);
    if (f == nullptr) return nullptr;
    set(s.open, fd, false);
    set(s.cloexec, fd, false);
    first_free_ = std::min(first_free_, fd);
    return f;
}

void DescriptorTable::close_file(File& file) {
    file.on_descriptor_closed(this);
    file.drop_descriptor(ref_count() > 1);
}

Result<void> DescriptorTable::close(int fd) {
    File* f;
    {
        sync::SpinGuard guard(lock_);
        if (static_cast<u32>(fd) >= slots().entries.size()) return Errno::kBADF;
        f = take_out(static_cast<u32>(fd));
    }
    if (f == nullptr) return Errno::kBADF;
    close_file(*f);
    return {};
}

Result<int> DescriptorTable::dup_to(int from, int to, bool cloexec) {
    const u32 target = static_cast<u32>(to);
    if (target >= limit()) return Errno::kBADF;
    if (target >= capacity()) TRY(grow(target + 1));
    File* displaced;
    {
        sync::SpinGuard guard(lock_);
        Slots& s = slots();
        if (static_cast<u32>(from) >= s.entries.size()) return Errno::kBADF;
        Entry& source = s.entries[static_cast<u32>(from)];
        File* f = source.file.load(std::memory_order_relaxed);
        if (f == nullptr) return Errno::kBADF;
        Entry& e = s.entries[target];
        // Another thread is between reserve and commit.
        if (test(s.open, target) && e.file.load(std::memory_order_relaxed) == nullptr) return Errno::kBUSY;
        f->add_descriptor();
        e.rights.store(source.rights.load(std::memory_order_relaxed), std::memory_order_relaxed);
        displaced = e.file.exchange(f, std::memory_order_acq_rel);
        set(s.open, target, true);
        set(s.cloexec, target, cloexec);
    }
    if (displaced != nullptr) close_file(*displaced);
    return to;
}

Result<int> DescriptorTable::dup_from(int from, u32 min_fd, bool cloexec) {
    FileRef f = TRY(get_any(from));
    if (min_fd != 0 && min_fd >= limit()) return Errno::kINVAL;
    return install(f.ref(), cloexec, TRY(rights(from)), min_fd);
}

void DescriptorTable::close_matching(u32 first, u32 last, bool cloexec_only) {
    for (u32 fd = first;; fd++) {
        File* f;
        {
            sync::SpinGuard guard(lock_);
            Slots& s = slots();
            const u32 size = static_cast<u32>(s.entries.size());
            const u32 end = last < size ? last + 1 : size;
            if (fd >= end) return;
            fd = find(cloexec_only ? s.cloexec : s.open, fd, end, true);
            if (fd >= end) return;
            f = take_out(fd);
        }
        if (f != nullptr) close_file(*f);
    }
}

void DescriptorTable::close_range(u32 first, u32 last, bool cloexec_only) {
    if (!cloexec_only) return close_matching(first, last, false);
    sync::SpinGuard guard(lock_);
    Slots& s = slots();
    const u32 size = static_cast<u32>(s.entries.size());
    const u32 end = last < size ? last + 1 : size;
    for (u32 fd = find(s.open, first, end, true); fd < end; fd = find(s.open, fd + 1, end, true))
        set(s.cloexec, fd, true);
}

void DescriptorTable::close_on_exec() { close_matching(0, ~0u, true); }

Result<bool> DescriptorTable::cloexec(int fd) const {
    sync::SpinGuard guard(lock_);
    const Slots& s = slots();
    const u32 n = static_cast<u32>(fd);
    if (n >= s.entries.size() || s.entries[n].file.load(std::memory_order_relaxed) == nullptr) return Errno::kBADF;
    return test(s.cloexec, n);
}

Result<void> DescriptorTable::set_cloexec(int fd, bool on) {
    sync::SpinGuard guard(lock_);
    Slots& s = slots();
    const u32 n = static_cast<u32>(fd);
    if (n >= s.entries.size() || s.entries[n].file.load(std::memory_order_relaxed) == nullptr) return Errno::kBADF;
    set(s.cloexec, n, on);
    return {};
}

int DescriptorTable::next_open(u32 from) const {
    sync::SpinGuard guard(lock_);
    const Slots& s = slots();
    const u32 end = static_cast<u32>(s.entries.size());
    for (u32 fd = find(s.open, from, end, true); fd < end; fd = find(s.open, fd + 1, end, true)) {
        if (s.entries[fd].file.load(std::memory_order_relaxed) != nullptr) return static_cast<int>(fd);
    }
    return -1;
}

u32 DescriptorTable::capacity() const {
    rcu::ReadGuard rcu;
    return static_cast<u32>(slots_.load(std::memory_order_acquire)->entries.size());
}

}  // namespace object
