// procfs: text files that the kernel writes when they are read. Fixed ones are registered by path; directories whose
// contents come and go (/proc/PID) are DirectoryNodes that their owner implements.
// Callers: every floor from fs up; floors below fs export data that fs/procfs/*.cc shows.
// Locks, context: registration at start-up, thread context; generators run in the reader's thread and may sleep.
#pragma once

#include <string_view>

#include "base/format.h"
#include "base/ref.h"
#include "base/vector.h"
#include "fs/context.h"
#include "fs/inode.h"
#include "fs/path.h"

namespace fs::procfs {

// Where a generator writes: text that is kept until the reader has read it. Use base::format_to(sink, "...", …).
class SeqSink {
  public:
    void write(std::string_view text) {
        if (failed_) return;
        if (text_.size() + text.size() > capacity_) grow(text.size());
        if (failed_) return;
        for (char c : text) text_.push_reserved(c);
    }
    bool failed() const { return failed_; }  // no memory
    std::span<const char> text() const { return text_.span(); }
    std::string_view view() const { return {text_.begin(), text_.size()}; }
    void clear() { text_.clear(); }

  private:
    void grow(usize more) {
        usize want = capacity_ == 0 ? 1024 : capacity_ * 2;
        while (want < text_.size() + more) want *= 2;
        failed_ = !text_.try_reserve(want).ok();
        if (!failed_) capacity_ = want;
    }
    Vector<char> text_;
    usize capacity_ = 0;
    bool failed_ = false;
};

class DirectoryNode;
class StaticDirectory;

// A thing in /proc. Its inode is made when it is looked up. Owner and mode are asked for at each use.
class Node : public RefCounted<Node> {
  public:
    explicit Node(u32 mode);
    virtual ~Node() = default;
    u32 mode() const { return mode_; }  // S_IF* and permissions
    // uid and gid; default root.
    struct Owner {
        u32 uid = 0, gid = 0;
    };
    virtual Owner owner() const { return {}; }
    // False once it stands for nothing any more (the process is gone): the name is then looked up again.
    virtual bool alive() const { return true; }
    // For stat; not 0 and the same for each look-up of the same thing. 0: a number is invented.
    virtual u64 number() const { return 0; }
    // What it stands for: Inode::facet.
    virtual void* facet(const object::Facet&) { return nullptr; }
    // Links: shown by stat. Directories: 2 + number of subdirectories if known.
    virtual u32 links() const { return 1; }

    u64 invented_number() const { return invented_; }

    // Which of the classes below it is, without RTTI.
    u32 type() const { return mode_ & abi::S_IFMT; }

  private:
    u32 mode_;
    u64 invented_;
};

class FileNode : public Node {
  public:
    explicit FileNode(u32 permissions) : Node(abi::S_IFREG | permissions) {}
    // Called at open; EACCES, ESRCH.
    virtual Result<void> check_open(const OpenContext&) { return {}; }
    // The whole text. Called at the first read and again after lseek(0).
    virtual Result<void> generate(const Caller& caller, SeqSink& sink) = 0;
    // One write(2), up to a page. Default: EACCES… EIO as Linux for files without a writer.
    virtual Result<void> write(const Caller& caller, std::string_view text);
    // What poll(2) of the file waits for. Null: it is always readable.
    virtual OptRef<object::ChangeCount> changes() { return nullptr; }
    // Files that are not text (mem, pagemap, auxv, kmsg): a File of their own. Null: the text file.
    virtual Result<OptRef<object::File>> open(const OpenContext&) { return OptRef<object::File>(); }
};

class LinkNode : public Node {
  public:
    LinkNode() : Node(abi::S_IFLNK | 0777) {}
    explicit LinkNode(u32 permissions) : Node(abi::S_IFLNK | permissions) {}
    // What readlink shows.
    virtual Result<void> target(const Caller& caller, base::FormatSink sink) = 0;
    // Where it leads regardless of names (fd/N, exe, cwd, root): override both.
    virtual bool magic() const { return false; }
    virtual Result<Path> follow(const Caller&) { return Errno::kINVAL; }
    // When follow() says ENXIO: what it leads to has no path.
    virtual Result<Ref<object::File>> open(const OpenContext&) { return Errno::kNXIO; }
    virtual Result<void> attributes(const Caller&, object::Attributes&) { return Errno::kNXIO; }
};

class DirectoryNode : public Node {
  public:
    explicit DirectoryNode(u32 permissions) : Node(abi::S_IFDIR | permissions) {}
    // Null: no such name.
    virtual Result<OptRef<Node>> lookup(const Caller& caller, std::string_view name) = 0;
    // Entries from `cookie` >= 0 on; next cookies must grow. ".", ".." are done elsewhere.
    virtual Result<i64> iterate(const Caller& caller, i64 cookie, object::DirSink& sink) = 0;
    virtual StaticDirectory* as_static() { return nullptr; }
};

// A node's inode number for DirSink::add: the same that stat shows.
u64 inode_number(const Node& node);

// --- Registration; path is relative to /proc: "meminfo", "sys/kernel/osrelease". Folders are made. ---
using Generator = Result<void> (*)(const Caller& caller, SeqSink& sink);
using Writer = Result<void> (*)(const Caller& caller, std::string_view text);
Result<void> add_file(std::string_view path, Generator generator, u32 permissions = 0444, Writer writer = nullptr);
Result<void> add_link(std::string_view path, std::string_view target);
Result<void> add_node(std::string_view path, Ref<Node> node);
Result<void> add_directory(std::string_view path);

// process/ registers what stands for the processes in /proc: names are numbers, "self" and "thread-self". Its
// iterate() cookies are passed on as they are (Linux: pid + a constant). At most one.
void set_process_directory(Ref<DirectoryNode> provider);

// A /proc/PID/mounts, mountinfo, mountstats text for the namespace and root of `context`.
enum class MountTextKind : u8 { kMounts, kMountInfo, kMountStats };
Result<void> write_mounts(FsContext& context, MountTextKind kind, SeqSink& sink);

}  // namespace fs::procfs
