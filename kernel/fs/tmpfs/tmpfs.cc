#include "fs/tmpfs/tmpfs.h"

#include "abi/linux/xattr.h"
#include "fs/acl_attributes.h"
#include "fs/path_parser.h"

namespace fs::tmpfs {
namespace {

constexpr u64 kMagic = 0x01021994;       // TMPFS_MAGIC
constexpr u64 kDirectoryEntrySize = 20;  // BOGO_DIRENT_SIZE of Linux's mm/shmem.c: what stat shows

// A number with an optional unit.
Result<u64> parse_number(std::string_view text, u32 base, u64 percent_of) {
    u64 n = 0;
    usize i = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] < static_cast<char>('0' + base); i++) {
        if (__builtin_mul_overflow(n, u64{base}, &n) || __builtin_add_overflow(n, static_cast<u64>(text[i] - '0'), &n))
            return Errno::kINVAL;
    }
    if (i == 0) return Errno::kINVAL;
    if (i == text.size()) return n;
    if (i + 1 != text.size() || base != 10) return Errno::kINVAL;
    unsigned shift = 0;
    switch (text[i]) {
        case '%': return percent_of / 100 * n;
        case 'k':
        case 'K': shift = 10; break;
        case 'm':
        case 'M': shift = 20; break;
        case 'g':
        case 'G': shift = 30; break;
        case 't':
        case 'T': shift = 40; break;
        default: return Errno::kINVAL;
    }
    if (n > (~u64{0} >> shift)) return Errno::kINVAL;
    return n << shift;
}

}  // namespace

Result<Options> parse_options(std::string_view text, u64 memory_pages) {
    Options o;
    o.most_pages = memory_pages / 2;
    o.most_inodes = memory_pages / 2;
    while (!text.empty()) {
        const usize comma = text.find(',');
        const std::string_view word = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        if (word.empty()) continue;
        const usize equals = word.find('=');
        const std::string_view key = word.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        if (key == "size") {
            o.most_pages = pages_for(TRY(parse_number(value, 10, memory_pages * kPageSize)));
        } else if (key == "nr_blocks") {
            o.most_pages = TRY(parse_number(value, 10, 0));
        } else if (key == "nr_inodes") {
            o.most_inodes = TRY(parse_number(value, 10, 0));
        } else if (key == "mode") {
            o.mode = static_cast<u32>(TRY(parse_number(value, 8, 0))) & 07777;
        } else if (key == "uid") {
            o.uid = static_cast<u32>(TRY(parse_number(value, 10, 0)));
        } else if (key == "gid") {
            o.gid = static_cast<u32>(TRY(parse_number(value, 10, 0)));
        } else if (key != "huge" && key != "mpol" && key != "inode64" && key != "inode32") {
            return Errno::kINVAL;
        }
    }
    return o;
}

Result<Ref<Superblock>> TmpfsSuper::create(std::string_view type_name, const Options& options) {
    Ref<TmpfsSuper> super = TRY(make_ref<TmpfsSuper>(type_name, options));
    TRY(super->charge_inode());
    Ref<TmpfsDirectory> root = TRY(make_ref<TmpfsDirectory>(*super, abi::S_IFDIR | options.mode));
    root->set_owner(options.uid, options.gid);
    super->root_ = std::move(root);
    return super;
}

Result<Statistics> TmpfsSuper::statistics() {
    Statistics s{.magic = options_.huge ? abi::HUGETLBFS_MAGIC : kMagic, .block_size = options_.block_size};
    const u64 pages = pages_.load(std::memory_order_relaxed);
    if (options_.most_pages != 0) {
        s.blocks = options_.most_pages;
        s.blocks_free = s.blocks_available = s.blocks > pages ? s.blocks - pages : 0;
    }
    if (options_.most_inodes != 0) {
        s.files = options_.most_inodes;
        const u64 inodes = inodes_.load(std::memory_order_relaxed);
        s.files_free = s.files > inodes ? s.files - inodes : 0;
    }
    return s;
}

void TmpfsSuper::show_options(base::FormatSink sink) const {
    FixedString<96> text;
    if (options_.shows_limits && options_.most_pages != 0) base::format_to(text, ",size={}k", options_.most_pages * 4);
    if (options_.shows_limits && options_.most_inodes != 0)
        base::format_to(text, ",nr_inodes={}", options_.most_inodes);
    if (options_.huge) {
        if (options_.mode != 0755) base::format_to(text, ",mode={:o}", options_.mode);
        base::format_to(text, ",pagesize={}M", options_.block_size >> 20);
    } else if (options_.mode != 01777) base::format_to(text, ",mode={:o}", options_.mode);
    if (options_.uid != 0) base::format_to(text, ",uid={}", options_.uid);
    if (options_.gid != 0) base::format_to(text, ",gid={}", options_.gid);
    sink.write(sink.self, text.view());
}

Result<void> TmpfsSuper::remount(std::string_view data) {
    if (data.empty()) return {};
    const Options fresh = TRY(parse_options(data, options_.most_pages * 2));
    if (data.find("size=") != std::string_view::npos || data.find("nr_blocks=") != std::string_view::npos) {
        if (fresh.most_pages != 0 && pages_.load(std::memory_order_relaxed) > fresh.most_pages) return Errno::kINVAL;
        options_.most_pages = fresh.most_pages;
    }
    if (data.find("nr_inodes=") != std::string_view::npos) options_.most_inodes = fresh.most_inodes;
    return {};
}

Result<void> TmpfsSuper::charge_inode() {
    const u64 before = inodes_.fetch_add(1, std::memory_order_relaxed);
    if (options_.most_inodes != 0 && before >= options_.most_inodes) {
        uncharge_inode();
        return Errno::kNOSPC;
    }
    return {};
}

u64 TmpfsSuper::room() const {
    if (options_.most_pages == 0) return ~u64{0};
    const u64 used = pages_.load(std::memory_order_relaxed);
    return options_.most_pages > used ? options_.most_pages - used : 0;
}

void TmpfsSuper::limit_to_half(u64 memory_pages) {
    const u64 used = std::min(pages_.load(std::memory_order_relaxed), memory_pages), half = (memory_pages - used) / 2;
    options_.most_pages = used + half;
    options_.most_inodes = inodes_.load(std::memory_order_relaxed) + half;
}

bool TmpfsSuper::charge_page() {
    const u64 before = pages_.fetch_add(1, std::memory_order_relaxed);
    if (options_.most_pages == 0 || before < options_.most_pages) return true;
    pages_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

void TmpfsInode::attributes(object::Attributes& out) const {
    Inode::attributes(out);
    out.block_size = tmpfs_super().options().block_size;
}

// --- Extended attributes ---

namespace {
// The name spaces that tmpfs keeps (Linux 6.1: trusted and security; user came with 6.6 and is wanted by tools).
// EOPNOTSUPP; EINVAL for a name space alone (Linux: xattr_resolve_name).
Result<void> check_name(const TmpfsSuper& super, std::string_view name) {
    if (!super.options().has_xattrs) return Errno::kOPNOTSUPP;
    for (const std::string_view space : {"trusted.", "security.", "user."}) {
        if (name.starts_with(space)) return name == space ? Result<void>(Errno::kINVAL) : Result<void>();
    }
    return Errno::kOPNOTSUPP;
}
}  // namespace

Result<usize> TmpfsInode::get_xattr(std::string_view name, std::span<u8> value) {
    TRY(check_name(tmpfs_super(), name));
    for (const Xattr& x : xattrs_) {
        if (x.name.view() != name) continue;
        if (value.empty()) return x.value.size();
        if (value.size() < x.value.size()) return Errno::kRANGE;
        return base::copy(value, x.value.span());
    }
    return Errno::kNODATA;
}

Result<void> TmpfsInode::set_xattr(std::string_view name, std::span<const u8> value, u32 flags) {
    TRY(check_name(tmpfs_super(), name));
    Vector<u8> bytes;
    TRY(bytes.try_resize(value.size()));
    base::copy(bytes.span(), value);
    for (Xattr& x : xattrs_) {
        if (x.name.view() != name) continue;
        if ((flags & abi::XATTR_CREATE) != 0) return Errno::kEXIST;
        x.value = std::move(bytes);
        touch_changed();
        return {};
    }
    if ((flags & abi::XATTR_REPLACE) != 0) return Errno::kNODATA;
    TRY(xattrs_.try_push({TRY(String::create(name)), std::move(bytes)}));
    touch_changed();
    return {};
}

Result<void> TmpfsInode::remove_xattr(std::string_view name) {
    TRY(check_name(tmpfs_super(), name));
    for (usize i = 0; i < xattrs_.size(); i++) {
        if (xattrs_[i].name.view() != name) continue;
        xattrs_.erase(i);
        touch_changed();
        return {};
    }
    return Errno::kNODATA;
}

Result<void> TmpfsInode::list_xattr(base::FormatSink sink) {
    list_acls(*this, sink);
    for (const Xattr& x : xattrs_) {
        sink.write(sink.self, x.name.view());
        sink.write(sink.self, std::string_view("\0", 1));
    }
    return {};
}

void TmpfsInode::drop_capabilities() {
    for (usize i = 0; i < xattrs_.size(); i++) {
        if (xattrs_[i].name.view() == abi::XATTR_NAME_CAPS) return xattrs_.erase(i);
    }
}

// --- Links ---

void TmpfsLink::attributes(object::Attributes& out) const {
    TmpfsInode::attributes(out);
    out.blocks = 0;
}

// --- Directories ---

TmpfsDirectory::TmpfsDirectory(TmpfsSuper& super, u32 mode) : TmpfsInode(super, mode) {
    set_links(2);
    set_size(2 * kDirectoryEntrySize);
}

void TmpfsDirectory::changed() {
    set_size((tree_.size() + 2) * kDirectoryEntrySize);
    touch_modified();
}

Result<void> TmpfsDirectory::insert(Own<Tree::Entry> entry) {
    {
        sync::SpinGuard guard(tree_lock_);
        if (dead_) return Errno::kNOENT;
        tree_.insert(std::move(entry));
    }
    changed();
    return {};
}

void TmpfsDirectory::take_out(Tree::Entry& entry) {
    // The last reference may end the inode: not under the spin lock.
    Ref<Inode> held = entry.value;
    {
        sync::SpinGuard guard(tree_lock_);
        tree_.remove(entry);
    }
    changed();
}

bool TmpfsDirectory::kill() {
    sync::SpinGuard guard(tree_lock_);
    if (!tree_.empty()) return false;
    dead_ = true;
    set_links(0);
    return true;
}

Result<OptRef<Inode>> TmpfsDirectory::lookup(const Caller&, const NameKey& name) {
    const Tree::Entry* e = tree_.find(name);
    if (e == nullptr) return OptRef<Inode>();
    return OptRef<Inode>(e->value);
}

Result<Ref<Inode>> make_file(TmpfsSuper& super, u32 mode, u32 seals) {
    if (super.options().huge) return make_huge_file(super, mode, 0, seals);
    Ref<vm::AnonymousObject> pages = TRY(vm::AnonymousObject::create(0, &super));
    TRY(super.charge_inode());
    Result<Ref<TmpfsFile>> file = make_ref<TmpfsFile>(super, mode, std::move(pages), seals);
    if (!file.ok()) {
        super.uncharge_inode();
        return file.error();
    }
    return file.take();
}

namespace {
template <typename T, typename... Args>
Result<Ref<Inode>> make_charged(TmpfsSuper& super, Args&&... args) {
    TRY(super.charge_inode());
    Result<Ref<T>> made = make_ref<T>(super, std::forward<Args>(args)...);
    if (!made.ok()) {
        super.uncharge_inode();
        return made.error();
    }
    return made.take();
}
}  // namespace

Result<Ref<Inode>> TmpfsDirectory::create(const Caller&, const NameKey& name, u32 mode, object::DeviceNumber special) {
    const u32 type = mode & abi::S_IFMT;
    Ref<Inode> fresh = type == abi::S_IFDIR   ? TRY(make_charged<TmpfsDirectory>(tmpfs_super(), mode))
                       : type == abi::S_IFREG ? TRY(make_file(tmpfs_super(), mode, abi::F_SEAL_SEAL))
                                              : TRY(make_charged<TmpfsInode>(tmpfs_super(), mode));
    fresh->set_special(special);
    TRY(inherit_acl(*this, *fresh));
    TRY(insert(TRY(Tree::prepare(name, fresh))));
    if (type == abi::S_IFDIR) add_links(1);
    return fresh;
}

Result<Ref<Inode>> TmpfsDirectory::symlink(const Caller&, const NameKey& name, std::string_view target) {
    String text = TRY(String::create(target));
    Ref<Inode> fresh = TRY(make_charged<TmpfsLink>(tmpfs_super(), std::move(text)));
    TRY(insert(TRY(Tree::prepare(name, fresh))));
    return fresh;
}

Result<Ref<Inode>> TmpfsDirectory::create_unnamed(const Caller&, u32 mode) {
    Ref<Inode> fresh = TRY(make_file(tmpfs_super(), mode, abi::F_SEAL_SEAL));
    fresh->set_links(0);
    TRY(inherit_acl(*this, *fresh));
    return fresh;
}

Result<void> TmpfsDirectory::link(const NameKey& name, Inode& target) {
    TRY(insert(TRY(Tree::prepare(name, Ref<Inode>(target)))));
    target.add_links(1);
    target.touch_changed();
    return {};
}

Result<void> TmpfsDirectory::unlink(const NameKey& name, Inode& target) {
    Tree::Entry* e = tree_.find(name);
    if (e == nullptr || e->value.get() != &target) return Errno::kNOENT;
    take_out(*e);
    target.add_links(-1);
    target.touch_changed();
    return {};
}

Result<void> TmpfsDirectory::rmdir(const NameKey& name, Inode& target) {
    Tree::Entry* e = tree_.find(name);
    if (e == nullptr || e->value.get() != &target) return Errno::kNOENT;
    if (!static_cast<TmpfsDirectory&>(target).kill()) return Errno::kNOTEMPTY;
    take_out(*e);
    add_links(-1);
    return {};
}

Result<void> TmpfsDirectory::rename(const NameKey& name, Inode& target, Inode& to_dir, const NameKey& to_name,
                                    Inode* victim, u32 flags) {
    TmpfsDirectory& to = static_cast<TmpfsDirectory&>(to_dir);
    Tree::Entry* source = tree_.find(name);
    if (source == nullptr || source->value.get() != &target) return Errno::kNOENT;
    Tree::Entry* place = to.tree_.find(to_name);
    if ((victim == nullptr) != (place == nullptr)) return Errno::kNOENT;
    const bool directory = target.is_directory();
    // What stays in the old place: a device that overlay file systems know.
    OptRef<Inode> whiteout;
    if ((flags & kRenameWhiteout) != 0) whiteout = TRY(make_charged<TmpfsInode>(tmpfs_super(), u32{abi::S_IFCHR}));
    if ((flags & kRenameExchange) != 0) {
        // Both names stay; what they stand for changes places.
        {
            sync::SpinGuard guard(tree_lock_);
            std::swap(source->value, place->value);
        }
        if (&to != this && directory != victim->is_directory()) {
            add_links(directory ? -1 : 1);
            to.add_links(directory ? 1 : -1);
        }
        changed();
        to.changed();
        target.touch_changed();
        victim->touch_changed();
        return {};
    }
    if (place == nullptr) {
        Own<Tree::Entry> fresh = TRY(Tree::prepare(to_name, source->value));
        TRY(to.insert(std::move(fresh)));
    } else {
        if (victim->is_directory() && !static_cast<TmpfsDirectory&>(*victim).kill()) return Errno::kNOTEMPTY;
        Ref<Inode> old(target);
        {
            sync::SpinGuard guard(to.tree_lock_);
            std::swap(place->value, old);
        }
        if (victim->is_directory()) {
            to.add_links(-1);
        } else {
            victim->add_links(-1);
        }
        victim->touch_changed();
        to.changed();
    }
    if (whiteout) {
        Ref<Inode> moved = whiteout.take();
        {
            sync::SpinGuard guard(tree_lock_);
            std::swap(source->value, moved);
        }
        changed();
    } else {
        take_out(*source);
    }
    if (directory && &to != this) {
        add_links(-1);
        to.add_links(1);
    }
    target.touch_changed();
    return {};
}

Result<i64> TmpfsDirectory::iterate(const Caller&, i64 cookie, object::DirSink& sink) {
    for (Tree::Entry* e = tree_.at_or_after(static_cast<u64>(cookie)); e != nullptr; e = tree_.next(*e)) {
        const i64 next = static_cast<i64>(e->cookie) + 1;
        if (!sink.add(e->name.view(), e->value->number(), e->value->mode() >> 12, next)) return cookie;
        cookie = next;
    }
    return cookie;
}

}  // namespace fs::tmpfs
