// Source: Linux 6.1 fs/notify/inotify/{inotify_user,inotify_fsnotify}.c; inotify(7).
#include "ipc/inotify.h"

#include "abi/linux/ioctl.h"
#include "ipc/setting.h"

namespace ipc {
namespace {

namespace notify = fs::notify;
using NotifyGuard = sync::LockGuard<notify::Lock>;

constinit Setting most_events{{16384}, 0, 0x7fff'ffff};
constinit Setting most_instances{{128}, 0, 0x7fff'ffff};
constinit Setting most_watches{{65536}, 0, 0x7fff'ffff};

// What a user has; guarded by notify::lock.
struct Charges {
    u32 uid = 0;
    i64 instances = 0, watches = 0;
};
[[clang::no_destroy]] constinit Vector<Charges> charges;

Result<Charges*> charges_of(u32 uid) {
    for (Charges& c : charges) {
        if (c.uid == uid) return &c;
    }
    for (Charges& c : charges) {
        if (c.instances != 0 || c.watches != 0) continue;
        c.uid = uid;
        return &c;
    }
    TRY(charges.try_push(Charges{.uid = uid}));
    return &charges.span().back();
}
void uncharge(u32 uid, i64 Charges::* what) {
    for (Charges& c : charges) {
        if (c.uid == uid) (c.*what)--;
    }
}

// What a watch remembers of the mask asked for: the events and how they are told.
u32 kept_mask(u32 mask) { return mask & (abi::IN_ALL_EVENTS | abi::IN_EXCL_UNLINK | abi::IN_ONESHOT); }

}  // namespace

bool InotifyWatch::on_event(u32 event, std::string_view name, u32 cookie) {
    // Linux never told of folders here, and still does not.
    if ((event & (abi::IN_MOVE_SELF | abi::IN_DELETE_SELF)) != 0) event &= ~u32{abi::IN_ISDIR};
    owner_.push(wd, event, cookie, name);
    return (mask & abi::IN_ONESHOT) != 0;
}

void InotifyWatch::on_stopped() {
    owner_.watches_.remove(*this);
    uncharge(owner_.uid_, &Charges::watches);
    if (!owner_.closed_) owner_.push(wd, abi::IN_IGNORED, 0, {});
}

InotifyFile::InotifyFile(u32 status_flags, u32 uid, u32 most)
    : File(status_flags | abi::O_RDONLY), uid_(uid), queue_(std::in_place, most) {}

InotifyFile::~InotifyFile() { on_closed(); }

Result<Ref<InotifyFile>> InotifyFile::create(u32 status_flags, u32 uid) {
    {
        NotifyGuard guard(notify::lock);
        Charges* c = TRY(charges_of(uid));
        if (static_cast<u64>(c->instances) >= most_instances.get()) return Errno::kMFILE;
        c->instances++;
    }
    Result<Ref<InotifyFile>> file = make_ref<InotifyFile>(status_flags, uid, static_cast<u32>(most_events.get()));
    if (!file.ok()) {
        NotifyGuard guard(notify::lock);
        uncharge(uid, &Charges::instances);
        return file.error();
    }
    TRY(file.value()->queue_.lock()->init());
    return file;
}

void InotifyFile::on_closed() {
    notify::Stopped stopped;
    NotifyGuard guard(notify::lock);
    if (closed_) return;
    closed_ = true;
    while (InotifyWatch* w = watches_.first()) notify::stop(*w, stopped);
    uncharge(uid_, &Charges::instances);
}

void InotifyFile::push(i32 wd, u32 mask, u32 cookie, std::string_view name) {
    if (queue_.lock()->push(wd, mask, cookie, name)) changed_.notify(object::kPollIn);
}

InotifyWatch* InotifyFile::find(i32 wd) {
    InotifyWatch* w = watches_.lower_bound([&](const InotifyWatch& o) { return o.wd < wd; });
    return w != nullptr && w->wd == wd ? w : nullptr;
}

// Numbers are not used again until all have been.
i32 InotifyFile::next_wd() {
    do {
        last_wd_ = last_wd_ == 0x7fff'ffff ? 1 : last_wd_ + 1;
    } while (find(last_wd_) != nullptr);
    return last_wd_;
}

Result<i32> InotifyFile::add_watch(fs::Inode& inode, u32 mask) {
    TRY(notify::prepare(inode));
    Ref<InotifyWatch> fresh = TRY(make_ref<InotifyWatch>(*this, Ref<fs::Inode>(inode)));
    NotifyGuard guard(notify::lock);
    const auto mine = [](const notify::Watch& w, const void* owner) {
        return &static_cast<const InotifyWatch&>(w).owner() == owner;
    };
    if (auto* present = static_cast<InotifyWatch*>(notify::find(inode, mine, this))) {
        if ((mask & abi::IN_MASK_CREATE) != 0) return Errno::kEXIST;
        present->mask = (mask & abi::IN_MASK_ADD) != 0 ? present->mask | kept_mask(mask) : kept_mask(mask);
        return present->wd;
    }
    if (closed_) return Errno::kBADF;
    Charges* c = TRY(charges_of(uid_));
    if (static_cast<u64>(c->watches) >= most_watches.get()) return Errno::kNOSPC;
    c->watches++;
    InotifyWatch& w = *fresh.leak();
    w.mask = kept_mask(mask);
    w.wd = next_wd();
    watches_.insert(w);
    notify::start(w);
    return w.wd;
}

Result<void> InotifyFile::remove_watch(i32 wd) {
    notify::Stopped stopped;
    NotifyGuard guard(notify::lock);
    InotifyWatch* w = find(wd);
    if (w == nullptr) return Errno::kINVAL;
    notify::stop(*w, stopped);
    return {};
}

Result<usize> InotifyFile::read(object::IoCtx& ctx, vm::IoWriter& to) {
    usize done = 0;
    for (;;) {
        Own<InotifyQueue::Event> event;
        {
            auto queue = queue_.lock();
            event = queue->take(to.remaining());
            if (!event && !queue->empty()) return done != 0 ? Result<usize>(done) : Errno::kINVAL;
        }
        if (event) {
            // An event that cannot be stored is lost, as on Linux.
            if (!InotifyQueue::store(*event, to).ok()) return done != 0 ? Result<usize>(done) : Errno::kFAULT;
            done += event->bytes();
            continue;
        }
        if (done != 0) return done;
        if (ctx.nonblock()) return Errno::kAGAIN;
        TRY(changed_.queue.wait_interruptible([&] { return has_events(); }));
    }
}

Result<i64> InotifyFile::ioctl(object::IoctlCtx& ctx) {
    if (ctx.cmd != abi::FIONREAD) return Errno::kNOTTY;
    TRY(vm::UserOut<i32>(ctx.arg).store(static_cast<i32>(queue_.lock()->bytes())));
    return 0;
}

u32 InotifyFile::poll(object::PollTable* table) {
    if (table != nullptr) table->watch(changed_);
    return has_events() ? object::kPollIn : 0;
}

void InotifyFile::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:inotify"); }

void InotifyFile::describe_info(base::FormatSink sink) {
    for (i32 after = 0;;) {
        u64 number = 0;
        u32 device = 0, mask = 0;
        {
            NotifyGuard guard(notify::lock);
            InotifyWatch* w = watches_.lower_bound([&](const InotifyWatch& o) { return o.wd <= after; });
            if (w == nullptr) return;
            after = w->wd;
            number = w->inode().number();
            const object::DeviceNumber d = w->inode().super().device();
            device = d.major << 20 | d.minor;
            mask = w->mask & abi::IN_ALL_EVENTS;
        }
        const std::array<base::FormatArgument, 4> arguments{base::format_argument(after), base::format_argument(number),
                                                            base::format_argument(device), base::format_argument(mask)};
        base::format_list(sink, "inotify wd:{:x} ino:{:x} sdev:{:x} mask:{:x} ignored_mask:0\n", arguments);
    }
}

Result<void> register_inotify_limits() {
    TRY(add_setting<most_events>("sys/fs/inotify/max_queued_events"));
    TRY(add_setting<most_instances>("sys/fs/inotify/max_user_instances"));
    return add_setting<most_watches>("sys/fs/inotify/max_user_watches");
}

}  // namespace ipc
