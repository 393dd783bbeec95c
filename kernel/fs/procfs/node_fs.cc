#include "fs/procfs/node_fs.h"

#include <algorithm>

#include "fs/path_parser.h"

namespace fs::procfs {
namespace {

constinit std::atomic<u64> next_number{4026531840};  // Linux's PROC_DYNAMIC_FIRST

class NodeSuper final : public Superblock {
  public:
    NodeSuper(std::string_view type_name, u64 magic, Ref<DirectoryNode> root)
        : Superblock(type_name), magic_(magic), root_node_(std::move(root)) {
        revalidates_ = true;
        caches_negative_ = false;
    }
    Ref<Inode> root() override;
    Result<void> init();
    Result<Statistics> statistics() override { return Statistics{.magic = magic_}; }

  private:
    const u64 magic_;
    Ref<DirectoryNode> root_node_;
    OptRef<Inode> root_;  // these file systems stay for good
};

// The text of one open file, made at its first read and anew when it is read from the start again.
class TextFile final : public object::File {
  public:
    TextFile(Ref<FileNode> node, u32 flags)
        : File(flags, kSeekable), node_(std::move(node)), changes_(node_->changes()) {
        if (changes_) seen_ = changes_->count();
    }

    bool can_poll() const override { return static_cast<bool>(changes_); }
    // Linux: mounts_poll(): a change since the last look is an error and urgent.
    u32 poll(object::PollTable* table) override {
        if (!changes_) return File::poll(table);
        if (table != nullptr) table->watch(changes_->source);
        const u64 now = changes_->count();
        const bool changed = seen_.exchange(now, std::memory_order_relaxed) != now;
        return object::kPollIn | (changed ? object::kPollError | abi::POLLPRI : 0u);
    }

    Result<usize> pread(object::IoCtx& ctx, vm::IoWriter& to, u64 offset) override {
        auto text = text_.lock();
        if (offset == 0 || !text->made) {
            text->sink.clear();
            TRY(node_->generate(caller(ctx), text->sink));
            if (text->sink.failed()) return Errno::kNOMEM;
            text->made = true;
        }
        const std::string_view all = text->sink.view();
        if (offset >= all.size()) return usize{0};
        std::span<const u8> rest = base::bytes_of(all.substr(offset));
        return to.write(rest.first(std::min(rest.size(), to.remaining())));
    }
    Result<usize> pwrite(object::IoCtx& ctx, vm::IoReader& from, u64&) override {
        std::array<u8, 1024> bytes;
        if (from.remaining() > kPageSize) return Errno::kINVAL;
        const usize n = TRY(from.read(std::span(bytes).first(std::min(bytes.size(), from.remaining()))));
        TRY(node_->write(caller(ctx), base::text_of(std::span(bytes).first(n))));
        return n;
    }

  private:
    static Caller caller(const object::IoCtx& ctx) {
        [[clang::no_destroy]] static constinit const object::Credentials kKernel;
        return {ctx.thread, ctx.credentials != nullptr ? *ctx.credentials : kKernel};
    }
    struct Text {
        SeqSink sink;
        bool made = false;
    };
    Ref<FileNode> node_;
    const OptRef<object::ChangeCount> changes_;
    std::atomic<u64> seen_{0};
    sync::Guarded<Text, sched::Mutex<sync::Rank::kInode>> text_;
};

class NodeInode final : public Inode {
  public:
    NodeInode(Superblock& super, Ref<Node> node)
        : Inode(super, inode_number(*node), node->mode()), node_(std::move(node)) {
        refresh();
    }
    Result<OptRef<Inode>> lookup(const Caller& caller, const NameKey& name) override {
        OptRef<Node> found = TRY(static_cast<DirectoryNode&>(*node_).lookup(caller, name.text));
        if (!found) return OptRef<Inode>();
        Ref<Inode> inode = TRY(make_ref<NodeInode>(super(), found.take()));
        return OptRef<Inode>(std::move(inode));
    }
    // Nothing can be made here; Linux says that already looking the name up fails.
    Result<Ref<Inode>> create(const Caller&, const NameKey&, u32, object::DeviceNumber) override {
        return Errno::kNOENT;
    }
    Result<Ref<Inode>> symlink(const Caller&, const NameKey&, std::string_view) override { return Errno::kNOENT; }
    Result<i64> iterate(const Caller& caller, i64 cookie, object::DirSink& sink) override {
        // The VFS's cookies 0 and 1 are "." and "..": those of the nodes stand behind.
        struct Shift final : object::DirSink {
            explicit Shift(object::DirSink& s) : to(s) {}
            bool add(std::string_view name, u64 inode, u32 type, i64 next) override {
                return to.add(name, inode, type, next + 2);
            }
            object::DirSink& to;
        } shift(sink);
        return TRY(static_cast<DirectoryNode&>(*node_).iterate(caller, cookie - 2, shift)) + 2;
    }
    bool revalidate(const Caller&) override {
        if (!node_->alive()) return false;
        refresh();
        return true;
    }
    Result<void> read_link(const Caller& caller, base::FormatSink sink) override {
        if (!is_symlink()) return Errno::kINVAL;
        return static_cast<LinkNode&>(*node_).target(caller, sink);
    }
    void* facet(const object::Facet& wanted) override { return node_->facet(wanted); }
    bool magic_link() const override { return is_symlink() && static_cast<const LinkNode&>(*node_).magic(); }
    Result<Ref<object::File>> open_magic(const OpenContext& ctx) override {
        return static_cast<LinkNode&>(*node_).open(ctx);
    }
    Result<void> magic_attributes(const Caller& caller, object::Attributes& out) override {
        return static_cast<LinkNode&>(*node_).attributes(caller, out);
    }
    Result<Path> follow_magic(const Caller& caller) override { return static_cast<LinkNode&>(*node_).follow(caller); }
    Result<Ref<object::File>> open(const OpenContext& ctx) override {
        if (!is_regular()) return Inode::open(ctx);
        FileNode& file = static_cast<FileNode&>(*node_);
        TRY(file.check_open(ctx));
        if (OptRef<object::File> own = TRY(file.open(ctx))) return own.take();
        return TRY(make_ref<TextFile>(Ref<FileNode>(file), ctx.flags));
    }
    void attributes(object::Attributes& out) const override {
        Inode::attributes(out);
        const Node::Owner owner = node_->owner();
        out.uid = owner.uid;
        out.gid = owner.gid;
        out.links = node_->links();
        out.blocks = 0;
        out.block_size = 1024;
    }
    Result<void> set_attributes(const AttributeChange& change) override {
        if ((change.what & AttributeChange::kSize) != 0) return {};  // > /proc/sys/… opens with O_TRUNC
        return Errno::kPERM;
    }

  private:
    void refresh() {
        const Node::Owner owner = node_->owner();
        set_owner(owner.uid, owner.gid);
        set_links(node_->links());
    }
    Ref<Node> node_;
};

Result<void> NodeSuper::init() {
    Ref<Node> node = root_node_;
    root_ = TRY(make_ref<NodeInode>(*this, std::move(node)));
    return {};
}
Ref<Inode> NodeSuper::root() { return root_.ref(); }

class FunctionFile final : public FileNode {
  public:
    FunctionFile(Generator generator, u32 permissions, Writer writer)
        : FileNode(permissions), generator_(generator), writer_(writer) {}
    Result<void> generate(const Caller& caller, SeqSink& sink) override { return generator_(caller, sink); }
    Result<void> write(const Caller& caller, std::string_view text) override {
        if (writer_ == nullptr) return Errno::kIO;
        return writer_(caller, text);
    }

  private:
    Generator generator_;
    Writer writer_;
};

class TextLink final : public LinkNode {
  public:
    explicit TextLink(String text) : text_(std::move(text)) {}
    Result<void> target(const Caller&, base::FormatSink sink) override {
        sink.write(sink.self, text_.view());
        return {};
    }

  private:
    String text_;
};

}  // namespace

Node::Node(u32 mode) : mode_(mode), invented_(next_number.fetch_add(1, std::memory_order_relaxed)) {}
Result<void> FileNode::write(const Caller&, std::string_view) { return Errno::kIO; }
u64 inode_number(const Node& node) {
    const u64 n = node.number();
    return n != 0 ? n : node.invented_number();
}

Result<OptRef<Node>> StaticDirectory::lookup(const Caller&, std::string_view name) {
    auto items = items_.read();
    for (const Item& i : *items) {
        if (i.name.view() == name) return OptRef<Node>(i.node);
    }
    return OptRef<Node>();
}

Result<i64> StaticDirectory::iterate(const Caller&, i64 cookie, object::DirSink& sink) {
    auto items = items_.read();
    for (usize n = static_cast<usize>(cookie); n < items->size(); n++) {
        const Item& i = (*items)[n];
        if (!sink.add(i.name.view(), inode_number(*i.node), i.node->mode() >> 12, static_cast<i64>(n) + 1))
            return static_cast<i64>(n);
        cookie = static_cast<i64>(n) + 1;
    }
    return cookie;
}

u32 StaticDirectory::links() const {
    u32 n = 2;
    auto items = items_.read();
    for (const Item& i : *items) n += i.node->type() == abi::S_IFDIR ? 1 : 0;
    return n;
}

Result<void> StaticDirectory::add(std::string_view name, Ref<Node> node) {
    String text = TRY(String::create(name));
    auto items = items_.write();
    for (const Item& i : *items) {
        if (i.name.view() == name) return Errno::kEXIST;
    }
    return items->try_push({std::move(text), std::move(node)});
}

Result<Ref<StaticDirectory>> StaticDirectory::folder(std::string_view name) {
    {
        auto items = items_.read();
        for (const Item& i : *items) {
            if (i.name.view() != name) continue;
            if (i.node->type() != abi::S_IFDIR) return Errno::kNOTDIR;
            StaticDirectory* d = static_cast<DirectoryNode&>(*i.node).as_static();
            if (d == nullptr) return Errno::kNOTDIR;
            return Ref<StaticDirectory>(*d);
        }
    }
    Ref<StaticDirectory> fresh = TRY(make_ref<StaticDirectory>());
    TRY(add(name, fresh));
    return fresh;
}

Result<void> add_below(Ref<StaticDirectory> root, std::string_view path, Ref<Node> node) {
    for (usize slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
        root = TRY(root->folder(path.substr(0, slash)));
        path.remove_prefix(slash + 1);
    }
    return root->add(path, std::move(node));
}

Result<Ref<Node>> make_text(Generator generator, u32 permissions, Writer writer) {
    return TRY(make_ref<FunctionFile>(generator, permissions, writer));
}
Result<Ref<Node>> make_link(std::string_view target) {
    String text = TRY(String::create(target));
    return TRY(make_ref<TextLink>(std::move(text)));
}

Result<Ref<Superblock>> make_node_super(std::string_view type_name, u64 magic, Ref<DirectoryNode> root) {
    Ref<NodeSuper> super = TRY(make_ref<NodeSuper>(type_name, magic, std::move(root)));
    TRY(super->init());
    return super;
}

}  // namespace fs::procfs
