// Source: Linux 6.1 ipc/shm.c, ipc/util.c; shmget(2), shmop(2), shmctl(2).
#include "ipc/shm.h"

#include "abi/linux/stat.h"
#include "ipc/setting.h"
#include "object/file_anchor.h"
#include "sched/mutex.h"
#include "sync/guarded.h"
#include "time/clock.h"
#include "vm/huge_object.h"

namespace ipc::shm {
namespace {

constexpr u32 kDestroyed = 01000, kLocked = 02000;  // in a segment's mode: SHM_DEST, SHM_LOCKED

constexpr u64 kUnlimited = ~u64{0} - (u64{1} << 24);  // Linux: SHMMAX, SHMALL
constinit Setting most_bytes{{kUnlimited}, 0, ~u64{0}};
constinit Setting most_pages{{kUnlimited}, 0, ~u64{0}};
constinit Setting most_segments{{abi::SHMMNI}, 0, 32768};
constinit Setting huge_group{{0}, 0, 0xffff'ffff};  // whose members may have huge pages

struct Segments {
    SysvTable<Segment> table;
    u64 pages = 0;
};
[[clang::no_destroy]] constinit sync::Guarded<Segments, sched::Mutex<sync::Rank::kGeneric>> segments;

i64 now_s() { return time::realtime() / 1'000'000'000; }

// Takes it out of the table; the caller holds a reference.
void forget(Segments& s, Segment& segment) {
    s.pages -= pages_for(segment.bytes);
    s.table.remove(segment);
}

Result<Ref<vm::MemoryObject>> make_pages(const Caller& caller, u64 size, u32 flags) {
    const bool later = (flags & abi::SHM_NORESERVE) != 0;
    const u64 bytes = pages_for(size) << kPageShift;
    if ((flags & abi::SHM_HUGETLB) == 0) {
        return TRY(later ? vm::AnonymousObject::create(bytes) : vm::AnonymousObject::create_committed(bytes));
    }
    // Above bit 26 (SHM_HUGE_SHIFT): the logarithm of the page's size; there are 2 MiB ones alone.
    const u32 bits = flags >> 26 & 0x3f;
    if (bits != 0 && bits != 21 && bits != 30) return Errno::kINVAL;
    if (!caller.credentials.capable(abi::CAP_IPC_LOCK) &&
        !caller.credentials.in_group(static_cast<u32>(huge_group.get())))
        return Errno::kPERM;
    const u64 whole = align_up(size, vm::kHugeSize);
    if (bits == 30 || whole < size) return Errno::kNOMEM;
    return TRY(later ? vm::HugeObject::create(whole) : vm::HugeObject::create_promised(whole));
}

Result<i32> create(Segments& s, const Caller& caller, i32 key, u64 size, u32 flags) {
    // A segment is a file: none is larger than an offset.
    constexpr u64 kLargestFile = std::numeric_limits<i64>::max();
    if (size < abi::SHMMIN || size > static_cast<u64>(most_bytes.get()) || size > kLargestFile) return Errno::kINVAL;
    const u64 pages = pages_for(size);
    if (pages << kPageShift < size) return Errno::kNOSPC;
    if (s.pages + pages < s.pages || s.pages + pages > static_cast<u64>(most_pages.get())) return Errno::kNOSPC;
    Ref<vm::MemoryObject> object = TRY(make_pages(caller, size, flags));
    Ref<Segment> segment = TRY(
        make_ref<Segment>(SysvPermissions::make(key, flags, caller.credentials), size, std::move(object), caller.pid));
    TRY(s.table.add(segment, static_cast<u64>(most_segments.get())));
    s.pages += pages;
    return segment->permissions.id;
}

}  // namespace

Segment::Segment(SysvPermissions p, u64 size, Ref<vm::MemoryObject> object, i32 pid)
    : permissions(p), bytes(size), pages(std::move(object)), changed_s(now_s()), creator_pid(pid) {}

u64 Segment::attach_count() const {
    u64 n = 0;
    for (const Attachment& a : attachments) n += a.ref_count();
    return n;
}

Attachment::Attachment(Ref<Segment> segment, u32 flags) : File(flags), segment_(std::move(segment)) {}

// The last mapping has gone.
Attachment::~Attachment() {
    auto s = segments.lock();
    if (!node.linked()) return;
    node.unlink();
    if (mapped) segment_->detached_s = now_s();
    if (segment_->attachments.empty() && (segment_->permissions.mode & kDestroyed) != 0) forget(*s, *segment_);
}

Result<void> Attachment::stat(object::Attributes& out) {
    out = object::Attributes{};
    out.device = {0, 1};
    out.inode = static_cast<u64>(segment_->permissions.id);
    out.mode = abi::S_IFREG | (segment_->permissions.mode & 0777);
    out.size = segment_->bytes;
    return {};
}

void Attachment::describe(base::FormatSink sink) {
    const std::array<base::FormatArgument, 1> arguments{
        base::format_argument(static_cast<u32>(segment_->permissions.key))};
    base::format_list(sink, "/SYSV{:08x} (deleted)", arguments);
}

Result<i32> get(const Caller& caller, i32 key, u64 size, u32 flags) {
    auto s = segments.lock();
    return s->table.get(
        caller, key, flags, [&] { return create(*s, caller, key, size, flags); },
        [&](const Segment& found) -> Result<void> {
            if (found.bytes < size) return Errno::kINVAL;
            return {};
        });
}

Result<UserAddr> attach(const Caller& caller, vm::AddressSpace& space, i32 id, UserAddr where, u32 flags) {
    using vm::Prot;
    if (id < 0) return Errno::kINVAL;
    vm::MapRequest r{.prot = Prot::kRead, .flags = vm::MapFlags::kShared};
    if (!where.is_null()) {
        if ((flags & abi::SHM_RND) != 0) {
            where = UserAddr(where.value & ~u64{kPageSize - 1});
            if (where.is_null() && (flags & abi::SHM_REMAP) != 0) return Errno::kINVAL;
        }
        if (!where.page_aligned()) return Errno::kINVAL;
    } else if ((flags & abi::SHM_REMAP) != 0) {
        return Errno::kINVAL;
    }
    const bool read_only = (flags & abi::SHM_RDONLY) != 0;
    u32 access = read_only ? 0444 : 0666;
    if (!read_only) r.prot = Prot::kReadWrite;
    if ((flags & abi::SHM_EXEC) != 0) {
        r.prot = r.prot | Prot::kExec;
        access |= 0111;
    }
    r.max_prot = read_only ? Prot::kReadExec : Prot::kAll;
    OptRef<Attachment> attachment;
    {
        auto s = segments.lock();
        Segment* segment = TRY(s->table.find(id));
        TRY(segment->permissions.check(caller.credentials, access));
        attachment = OptRef<Attachment>(TRY(
            make_ref<Attachment>(Ref<Segment>(*segment), static_cast<u32>(read_only ? abi::O_RDONLY : abi::O_RDWR))));
        segment->attachments.push_back(*attachment);
        r.length = segment->pages->kind() == vm::MemoryObject::Kind::kHuge ? segment->pages->size() : segment->bytes;
        r.object = OptRef<vm::MemoryObject>(Ref<vm::MemoryObject>(*segment->pages));
    }
    if (!where.is_null()) {
        r.hint = where;
        r.flags = r.flags | ((flags & abi::SHM_REMAP) != 0 ? vm::MapFlags::kFixed : vm::MapFlags::kNoReplace);
        if (where.value + r.length < where.value) return Errno::kINVAL;
    }
    r.file = object::anchor_of(Ref<object::File>(*attachment));
    const Result<UserAddr> at = space.map(std::move(r));
    if (!at.ok()) return at.error() == Errno::kEXIST ? Errno::kINVAL : at.error();
    auto s = segments.lock();
    attachment->mapped = true;
    attachment->segment().attached_s = now_s();
    attachment->segment().last_pid = caller.pid;
    return at;
}

Result<void> detach(const Caller& caller, vm::AddressSpace& space, UserAddr where) {
    if (!where.page_aligned()) return Errno::kINVAL;
    // What is left of one attachment, wherever holes were made in it since.
    const Attachment* first = nullptr;
    u64 end = kUserLimit;
    for (u64 at = where.value; at < end;) {
        vm::MappingInfo info;
        if (!space.find(UserAddr(at), info) || info.start.value >= end) break;
        at = info.end.value;
        object::File* file = object::file_of(info.file);
        Attachment* a = file == nullptr ? nullptr : file->as<Attachment>();
        if (a == nullptr || info.start.value < where.value || info.start.value - where.value != info.offset) continue;
        if (first != nullptr && a != first) continue;
        if (first == nullptr) {
            first = a;
            end = where.value + a->segment().pages->size();
            auto s = segments.lock();
            a->segment().last_pid = caller.pid;
            a->segment().detached_s = now_s();
        }
        TRY(space.unmap(info.start, info.end.value - info.start.value));
    }
    if (first == nullptr) return Errno::kINVAL;
    return {};
}

Result<i32> status(const Caller& caller, i32 id, bool place, bool any, abi::shmid64_ds& out) {
    auto s = segments.lock();
    const Segment* g = TRY(s->table.find_status(caller, id, place, any));
    out = abi::shmid64_ds{};
    out.shm_perm = g->permissions.encode();
    out.shm_segsz = g->bytes;
    out.shm_atime = g->attached_s;
    out.shm_dtime = g->detached_s;
    out.shm_ctime = g->changed_s;
    out.shm_cpid = g->creator_pid;
    out.shm_lpid = g->last_pid;
    out.shm_nattch = g->attach_count();
    return place ? g->permissions.id : 0;
}

Result<void> set(const Caller& caller, i32 id, const abi::ipc64_perm& permissions) {
    auto s = segments.lock();
    Segment* g = TRY(s->table.find_own(caller, id));
    TRY(g->permissions.set(permissions));
    g->changed_s = now_s();
    return {};
}

Result<void> remove(const Caller& caller, i32 id) {
    OptRef<Segment> gone;  // dropped after the lock, with its pages
    auto s = segments.lock();
    Segment* g = TRY(s->table.find_own(caller, id));
    if (!g->attachments.empty()) {
        g->permissions.mode |= kDestroyed;
        g->permissions.key = abi::IPC_PRIVATE;
        return {};
    }
    gone = Ref<Segment>(*g);
    forget(*s, *g);
    return {};
}

Result<void> set_locked(const Caller& caller, i32 id, bool locked, bool may_lock) {
    auto s = segments.lock();
    Segment* g = TRY(s->table.find(id));
    const object::Credentials& c = caller.credentials;
    if (!c.capable(abi::CAP_IPC_LOCK)) {
        if (c.euid != g->permissions.uid && c.euid != g->permissions.cuid) return Errno::kPERM;
        if (locked && !may_lock) return Errno::kPERM;
    }
    // Nothing is ever swapped out: only the flag shows.
    g->permissions.mode = locked ? g->permissions.mode | kLocked : g->permissions.mode & ~kLocked;
    return {};
}

i32 limits(abi::shminfo64& out) {
    out = {.shmmax = static_cast<u64>(most_bytes.get()),
           .shmmin = abi::SHMMIN,
           .shmmni = static_cast<u64>(most_segments.get()),
           .shmseg = static_cast<u64>(most_segments.get()),
           .shmall = static_cast<u64>(most_pages.get()),
           .unused = {}};
    return segments.lock()->table.greatest();
}

i32 usage(abi::shm_info& out) {
    auto s = segments.lock();
    out = abi::shm_info{};
    out.used_ids = static_cast<i32>(s->table.size());
    out.shm_tot = s->pages;
    s->table.for_each([&](Segment& g) { out.shm_rss += g.pages->resident_pages(); });
    return s->table.greatest();
}

Result<void> init() {
    TRY(add_setting<most_bytes>("sys/kernel/shmmax"));
    TRY(add_setting<most_pages>("sys/kernel/shmall"));
    TRY(add_setting<most_segments>("sys/kernel/shmmni"));
    TRY(add_setting<huge_group>("sys/vm/hugetlb_shm_group"));
    return fs::procfs::add_file("sysvipc/shm", [](const fs::Caller&, fs::procfs::SeqSink& sink) -> Result<void> {
        base::format_to(sink,
                        "{:>10} {:>10} {:>5} {:>21} {:>5} {:>5} {:>6} {:>5} {:>5} {:>5} {:>5} {:>10} "
                        "{:>10} {:>10} {:>21} {:>21}\n",
                        "key", "shmid", "perms", "size", "cpid", "lpid", "nattch", "uid", "gid", "cuid", "cgid",
                        "atime", "dtime", "ctime", "rss", "swap");
        auto s = segments.lock();
        s->table.for_each([&](Segment& g) {
            const SysvPermissions& p = g.permissions;
            base::format_to(sink,
                            "{:>10} {:>10} {:>5o} {:>21} {:>5} {:>5} {:>6} {:>5} {:>5} {:>5} {:>5} "
                            "{:>10} {:>10} {:>10} {:>21} {:>21}\n",
                            p.key, p.id, p.mode, g.bytes, g.creator_pid, g.last_pid, g.attach_count(), p.uid, p.gid,
                            p.cuid, p.cgid, g.attached_s, g.detached_s, g.changed_s,
                            g.pages->resident_pages() << kPageShift, 0);
        });
        return {};
    });
}

}  // namespace ipc::shm
