// POSIX access control lists of tmpfs: values, who may do what, chmod, default lists of folders and what they leave.
#include "show.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <vector>

namespace {

constexpr char kAccess[] = "system.posix_acl_access", kDefault[] = "system.posix_acl_default";
enum : uint16_t { kUserObj = 1, kUser = 2, kGroupObj = 4, kGroup = 8, kMask = 16, kOther = 32 };
struct Entry {
    uint16_t tag, perm;
    uint32_t id;
};
constexpr uint32_t kNone = ~0u;
using Entries = std::vector<Entry>;

std::string value(const Entries& entries, uint32_t version = 2) {
    std::string bytes(reinterpret_cast<const char*>(&version), 4);
    return bytes.append(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(Entry));
}

int set(const char* path, const char* name, const Entries& entries) {
    const std::string bytes = value(entries);
    return setxattr(path, name, bytes.data(), bytes.size(), 0);
}

// A list as text, and the mode beside it.
void list(const char* path, const char* name) {
    char bytes[256] = "";
    ssize_t n = getxattr(path, name, bytes, sizeof bytes);
    struct stat s;
    if (lstat(path, &s) != 0) return say("%s: %s\n", path, strerrorname_np(errno));
    say("%s %o:", path, s.st_mode);
    if (n < 0) return say(" no %s: %s\n", name + 17, strerrorname_np(errno));
    uint32_t version;
    memcpy(&version, bytes, 4);
    say(" %s %u", name + 17, version);
    for (ssize_t at = 4; at < n; at += 8) {
        Entry e;
        memcpy(&e, bytes + at, sizeof e);
        say(" %x/%x/%d", e.tag, e.perm, static_cast<int>(e.id));
    }
    say("\n");
}

void lists(const char* path) {
    list(path, kAccess);
    list(path, kDefault);
}

// What a user may do with a file.
void access_of(const char* path, uid_t user, std::vector<gid_t> groups) {
    in_child("child", [&] {
        if (setgroups(groups.size(), groups.data()) != 0 || setresgid(900, 900, 900) != 0 ||
            setresuid(user, user, user) != 0)
            return 9;
        std::string may;
        for (int mask = 1; mask < 8; mask++) may += access(path, mask) == 0 ? static_cast<char>('0' + mask) : '-';
        say("%s user %u: %s", path, user, may.c_str());
        for (int how : {O_RDONLY, O_WRONLY, O_RDWR})
            say(" %s", open(path, how) >= 0 ? "opens" : strerrorname_np(errno));
        say("\n");
        return 0;
    });
}

const Entries kPlain{{kUserObj, 6, kNone}, {kGroupObj, 4, kNone}, {kOther, 0, kNone}};
const Entries kNamed{{kUserObj, 7, kNone}, {kUser, 6, 10},  {kUser, 0, 11},    {kGroupObj, 4, kNone},
                     {kGroup, 2, 20},      {kGroup, 0, 21}, {kMask, 6, kNone}, {kOther, 4, kNone}};

void values() {
    write_file("f", "x");
    chmod("f", 0644);
    char bytes[256];
    lists("f");
    SHOW(getxattr("f", kAccess, bytes, 0));
    SHOW(listxattr("f", bytes, sizeof bytes));
    SHOW(setxattr("f", kAccess, "\1\0\0", 3, 0));
    SHOW(setxattr("f", kAccess, "\1\0\0\0", 4, 0));
    SHOW(setxattr("f", kAccess, "\2\0\0\0", 4, 0));
    SHOW(setxattr("f", kAccess, value(kNamed).data(), 35, 0));
    SHOW(setxattr("f", "system.other", "x", 1, 0));
    SHOW(setxattr("f", "system.", "x", 1, 0));
    const std::vector<Entries> wrong{
        {{kUserObj, 7, kNone}},
        {{kUserObj, 7, kNone}, {kGroupObj, 7, kNone}, {kOther, 8, kNone}},
        {{kGroupObj, 7, kNone}, {kUserObj, 7, kNone}, {kOther, 0, kNone}},
        {{kUserObj, 7, kNone}, {kUser, 7, 5}, {kGroupObj, 7, kNone}, {kOther, 0, kNone}},
        {{kUserObj, 7, kNone}, {kUser, 7, kNone}, {kGroupObj, 7, kNone}, {kMask, 7, kNone}, {kOther, 0, kNone}},
        {{kUserObj, 7, kNone}, {kGroupObj, 7, kNone}, {kOther, 0, kNone}, {kOther, 0, kNone}},
        {{64, 7, kNone}},
    };
    for (const Entries& entries : wrong) SHOW(set("f", kAccess, entries));
    lists("f");
    SHOW(set("f", kAccess, kPlain));
    lists("f");
    SHOW(set("f", kAccess, kNamed));
    lists("f");
    SHOW(getxattr("f", kAccess, bytes, 0));
    SHOW(getxattr("f", kAccess, bytes, 67));
    const ssize_t names = SHOW(listxattr("f", bytes, sizeof bytes));
    if (names > 0) say("%s\n", bytes);
    SHOW(set("f", kDefault, kNamed));
    SHOW(removexattr("f", kDefault));
    SHOW(set("f", kAccess, {{kUserObj, 6, 3}, {kGroupObj, 6, 3}, {kMask, 4, 3}, {kOther, 0, 3}}));
    lists("f");
    SHOW(chmod("f", 0752));
    lists("f");
    SHOW(removexattr("f", kAccess));
    SHOW(removexattr("f", kAccess));
    lists("f");
    symlink("f", "link");
    SHOW(lsetxattr("link", kAccess, value(kNamed).data(), 68, 0));
    SHOW(lgetxattr("link", kAccess, bytes, 0));
    SHOW(setxattr("absent", kAccess, value(kNamed).data(), 68, 0));
}

void rights() {
    write_file("g", "x");
    chown("g", 5, 6);
    SHOW(set("g", kAccess, kNamed));
    for (mode_t mode : {0774, 0704, 0747, 0070, 0777}) {
        chmod("g", mode);
        lists("g");
        for (uid_t user : {5, 10, 11, 12}) access_of("g", user, {});
        access_of("g", 12, {6});
        access_of("g", 12, {20});
        access_of("g", 12, {6, 20});
        access_of("g", 12, {21});
        access_of("g", 11, {6, 20});
    }
    access_of("g", 0, {});
    chmod("g", 02770);
    in_child("another's list", [] {
        setgroups(0, nullptr);
        setresgid(900, 900, 900);
        setresuid(10, 10, 10);
        SHOW(set("g", kAccess, kPlain));
        SHOW(removexattr("g", kAccess));
        SHOW(setxattr("g", kAccess, "\1", 1, 0));
        return 0;
    });
    in_child("the owner's list", [] {
        setgroups(0, nullptr);
        setresgid(900, 900, 900);
        setresuid(5, 5, 5);
        SHOW(set("g", kAccess, kNamed));
        return 0;
    });
    lists("g");
}

void folders() {
    umask(027);
    mkdir("d", 0777);
    lists("d");
    SHOW(set("d", kDefault, kNamed));
    lists("d");
    mkdir("d/sub", 0777);
    lists("d/sub");
    mkdir("d/sub/tight", 0700);
    lists("d/sub/tight");
    close(open("d/file", O_CREAT | O_WRONLY, 0666));
    lists("d/file");
    close(open("d/secret", O_CREAT | O_WRONLY, 0600));
    lists("d/secret");
    mknod("d/fifo", S_IFIFO | 0666, 0);
    lists("d/fifo");
    symlink("x", "d/link");
    struct stat s;
    if (lstat("d/link", &s) == 0) say("link %o\n", s.st_mode);
    int nameless = open("d", O_TMPFILE | O_RDWR, 0666);
    if (nameless >= 0 && fstat(nameless, &s) == 0)
        say("nameless %o, list of %zd\n", s.st_mode, fgetxattr(nameless, kAccess, nullptr, 0));
    sockaddr_un place{.sun_family = AF_UNIX, .sun_path = "d/socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(listener, reinterpret_cast<sockaddr*>(&place), sizeof place);
    lists("d/socket");
    rename("d/file", "moved");
    lists("moved");
    SHOW(set("d", kDefault, kPlain));
    lists("d");
    close(open("d/plain", O_CREAT | O_WRONLY, 0777));
    lists("d/plain");
    mkdir("d/plain.d", 0777);
    lists("d/plain.d");
    SHOW(removexattr("d", kDefault));
    close(open("d/masked", O_CREAT | O_WRONLY, 0777));
    lists("d/masked");
    SHOW(setxattr("d", kDefault, "", 0, 0));
    // A folder that only a named user may pass.
    mkdir("closed", 0700);
    write_file("closed/f", "x");
    chmod("closed/f", 0666);
    SHOW(set("closed", kAccess,
             {{kUserObj, 7, kNone}, {kUser, 1, 10}, {kGroupObj, 0, kNone}, {kMask, 1, kNone}, {kOther, 0, kNone}}));
    access_of("closed/f", 10, {});
    access_of("closed/f", 11, {});
    access_of("closed", 10, {});
}

}  // namespace

int main() {
    umask(0);
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 1;
    mkdir("here", 0755);
    if (mount("none", "here", "tmpfs", 0, "mode=755") != 0 || chdir("here") != 0) return 2;
    values();
    rights();
    folders();
    return 0;
}
