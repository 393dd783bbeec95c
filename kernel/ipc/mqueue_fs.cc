// Source: Linux 6.1 ipc/mqueue.c, ipc/mq_sysctl.c; mq_overview(7).
#include "ipc/mqueue_fs.h"

#include "abi/linux/mount.h"
#include "fs/filesystem.h"
#include "fs/path.h"
#include "fs/tmpfs/directory_tree.h"
#include "ipc/setting.h"

namespace ipc::mq {
namespace {

constexpr u64 kMagic = 0x19800202;  // MQUEUE_MAGIC
constexpr u64 kEntrySize = 20;      // DIRENT_SIZE: what stat shows of the folder
// What a message and a priority cost beside the text: Linux's msg_msg and posix_msg_tree_node.
constexpr u64 kMessageCost = 48, kPriorityCost = 48;

constinit Setting most_queues{{256}, 0, 0x7fff'ffff};
constinit Setting most_messages{{10}, 1, kHardMostMessages};
constinit Setting longest_message{{8192}, 128, kHardLongest};
constinit Setting default_messages{{10}, 1, kHardMostMessages};
constinit Setting default_length{{8192}, 128, kHardLongest};

struct AllQueues {
    IntrusiveList<QueueInode, &QueueInode::all_node> list;
    u64 count = 0;
};
constinit sync::Guarded<AllQueues, sync::SpinLock<sync::Rank::kIpcObject>> all_queues;

class QueueFolder final : public fs::Inode {
  public:
    explicit QueueFolder(fs::Superblock& super) : Inode(super, 1, abi::S_IFDIR | 01777) {
        set_links(2);
        set_size(2 * kEntrySize);
    }
    Result<OptRef<Inode>> lookup(const fs::Caller&, const fs::NameKey& name) override {
        const Tree::Entry* e = tree_.find(name);
        return e == nullptr ? OptRef<Inode>() : OptRef<Inode>(e->value);
    }
    // open(2) with O_CREAT: a queue of the default shape.
    Result<Ref<Inode>> create(const fs::Caller& caller, const fs::NameKey& name, u32 mode,
                              object::DeviceNumber) override {
        if ((mode & abi::S_IFMT) != abi::S_IFREG) return Errno::kPERM;
        return make(caller, name, mode, nullptr, ~u64{0});
    }
    Result<Ref<Inode>> make(const fs::Caller& caller, const fs::NameKey& name, u32 mode, const abi::mq_attr* wanted,
                            u64 byte_limit);
    Result<void> unlink(const fs::NameKey& name, Inode& target) override {
        Tree::Entry* e = tree_.find(name);
        if (e == nullptr || e->value.get() != &target) return Errno::kNOENT;
        tree_.remove(*e);
        target.add_links(-1);
        target.touch_changed();
        changed();
        return {};
    }
    Result<i64> iterate(const fs::Caller&, i64 cookie, object::DirSink& sink) override {
        for (Tree::Entry* e = tree_.at_or_after(static_cast<u64>(cookie)); e != nullptr; e = tree_.next(*e)) {
            cookie = static_cast<i64>(e->cookie);
            if (!sink.add(e->name.view(), e->value->number(), e->value->type() >> 12, cookie + 1)) return cookie;
            cookie++;
        }
        return cookie;
    }

  private:
    using Tree = fs::tmpfs::DirectoryTree<Ref<Inode>>;
    void changed() {
        set_size((tree_.size() + 2) * kEntrySize);
        touch_modified();
    }
    Tree tree_;
    u64 next_number_ = 2;
};

class QueueSuper final : public fs::Superblock {
  public:
    QueueSuper() : Superblock("mqueue") {}
    Ref<fs::Inode> root() override { return root_.ref(); }
    Result<fs::Statistics> statistics() override { return fs::Statistics{.magic = kMagic}; }
    Result<void> init() {
        root_ = TRY(make_ref<QueueFolder>(*this));
        return {};
    }

  private:
    OptRef<fs::Inode> root_;  // it stays for good
};

[[clang::no_destroy]] constinit OptRef<fs::Mount> kernel_mount;

Result<Ref<fs::Superblock>> mount_mqueue(const fs::MountRequest&) { return Ref<fs::Superblock>(kernel_mount->super()); }
constinit fs::FilesystemType type{.name = "mqueue", .mount = mount_mqueue};

// EINVAL, EOVERFLOW.
Result<QueueInode::Shape> shape_of(const object::Credentials& c, const abi::mq_attr* wanted) {
    QueueInode::Shape s{.most = std::min(most_messages.get(), default_messages.get()),
                        .longest = std::min(longest_message.get(), default_length.get()),
                        .charged = 0};
    if (wanted != nullptr) {
        if (wanted->mq_maxmsg <= 0 || wanted->mq_msgsize <= 0) return Errno::kINVAL;
        s.most = static_cast<u64>(wanted->mq_maxmsg);
        s.longest = static_cast<u64>(wanted->mq_msgsize);
    }
    const bool privileged = c.capable(abi::CAP_SYS_RESOURCE);
    if (s.most > (privileged ? kHardMostMessages : most_messages.get())) return Errno::kINVAL;
    if (s.longest > (privileged ? kHardLongest : longest_message.get())) return Errno::kINVAL;
    s.charged = s.most * (s.longest + kMessageCost) + std::min<u64>(s.most, kMostPriority) * kPriorityCost;
    return s;
}

// Counts a new queue. ENOSPC: there are enough. EMFILE: more than its owner may have.
Result<void> admit(const object::Credentials& c, QueueInode& fresh, u64 byte_limit) {
    auto all = all_queues.lock();
    if (all->count >= most_queues.get() && !c.capable(abi::CAP_SYS_RESOURCE)) return Errno::kNOSPC;
    u64 bytes = fresh.charged;
    for (const QueueInode& q : all->list) bytes += q.owner_uid == fresh.owner_uid ? q.charged : 0;
    if (bytes > byte_limit) return Errno::kMFILE;
    all->list.push_back(fresh);
    all->count++;
    return {};
}

Result<Ref<fs::Inode>> QueueFolder::make(const fs::Caller& caller, const fs::NameKey& name, u32 mode,
                                         const abi::mq_attr* wanted, u64 byte_limit) {
    const QueueInode::Shape shape = TRY(shape_of(caller.credentials, wanted));
    Ref<QueueInode> fresh = TRY(make_ref<QueueInode>(super(), next_number_, mode, caller.credentials.uid, shape));
    Own<Tree::Entry> entry = TRY(Tree::prepare(name, fresh));
    TRY(admit(caller.credentials, *fresh, byte_limit));
    next_number_++;
    tree_.insert(std::move(entry));
    changed();
    return Ref<Inode>(std::move(fresh));
}

}  // namespace

QueueInode::QueueInode(fs::Superblock& super, u64 number, u32 mode, u32 uid, const Shape& shape)
    : Inode(super, number, mode),
      charged(shape.charged),
      owner_uid(uid),
      state(std::in_place, shape.most, shape.longest) {
    set_size(kFileSize);
}

QueueInode::~QueueInode() = default;

void QueueInode::evict() {
    auto all = all_queues.lock();
    if (!all_node.linked()) return;
    all_node.unlink();
    all->count--;
}

Result<Ref<object::File>> QueueInode::open(const fs::OpenContext& ctx) {
    return Ref<object::File>(TRY(make_ref<QueueFile>(Ref<QueueInode>(*this), ctx.flags)));
}

fs::Path root() { return {kernel_mount.ref(), Ref<fs::Dentry>(kernel_mount->root())}; }

Result<Ref<fs::Inode>> create(const fs::Caller& caller, fs::Inode& directory, const fs::NameKey& name, u32 mode,
                              const abi::mq_attr* attributes, u64 byte_limit) {
    return static_cast<QueueFolder&>(directory).make(caller, name, mode, attributes, byte_limit);
}

Result<void> init() {
    Ref<QueueSuper> super = TRY(make_ref<QueueSuper>());
    TRY(super->init());
    kernel_mount = TRY(fs::mount_superblock(std::move(super), "mqueue", 0));
    fs::register_filesystem(type);
    TRY(add_setting<most_queues>("sys/fs/mqueue/queues_max"));
    TRY(add_setting<most_messages>("sys/fs/mqueue/msg_max"));
    TRY(add_setting<longest_message>("sys/fs/mqueue/msgsize_max"));
    TRY(add_setting<default_messages>("sys/fs/mqueue/msg_default"));
    return add_setting<default_length>("sys/fs/mqueue/msgsize_default");
}

}  // namespace ipc::mq
