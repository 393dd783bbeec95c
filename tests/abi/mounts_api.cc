// Mount namespaces, bind, move, propagation, expiry, pivot_root; open_tree, move_mount, fsopen, fsconfig, fsmount,
// fspick, mount_setattr. All in a namespace of its own over tmpfs mounts that the test makes.
#include "show.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

namespace {

int open_tree_(int dfd, const char* path, unsigned flags) {
    return static_cast<int>(syscall(SYS_open_tree, dfd, path, flags));
}
long move_mount_(int from, const char* from_path, int to, const char* to_path, unsigned flags) {
    return syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
int fsopen_(const char* name, unsigned flags) { return static_cast<int>(syscall(SYS_fsopen, name, flags)); }
long fsconfig_(int fd, unsigned cmd, const void* key, const void* value, int aux) {
    return syscall(SYS_fsconfig, fd, cmd, key, value, aux);
}
int fsmount_(int fd, unsigned flags, unsigned attributes) {
    return static_cast<int>(syscall(SYS_fsmount, fd, flags, attributes));
}
int fspick_(int dfd, const char* path, unsigned flags) {
    return static_cast<int>(syscall(SYS_fspick, dfd, path, flags));
}
long setattr_(int dfd, const char* path, unsigned flags, struct mount_attr* attr, size_t size) {
    return syscall(SYS_mount_setattr, dfd, path, flags, attr, size);
}

std::string base;

// The lines of mountinfo below the test's folder: root, place, options, propagation (without group numbers), type.
void show_mounts(const char* when) {
    say("-- %s\n", when);
    std::string text = read_file("/proc/self/mountinfo");
    size_t at = 0;
    while (at < text.size()) {
        size_t end = text.find('\n', at);
        std::string line = text.substr(at, end - at);
        at = end + 1;
        char root[256], place[256], options[256], rest[512];
        if (sscanf(line.c_str(), "%*d %*d %*s %255s %255s %255s %511[^\n]", root, place, options, rest) != 4) continue;
        if (std::string(place).rfind(base, 0) != 0) continue;
        std::string shown;
        std::string fields = rest;
        size_t dash = fields.find("- ");
        for (const char* name : {"shared:", "master:", "unbindable"}) {
            size_t found = fields.find(name);
            if (found != std::string::npos && found < dash) shown += std::string(" ") + name;
        }
        std::string tail = fields.substr(dash);
        size_t space = tail.find(" rw");
        if (space == std::string::npos) space = tail.find(" ro");
        tail = tail.substr(0, space + 3);
        say("%s %s %s%s %s\n", root, place + base.size(), options, shown.c_str(), tail.c_str());
    }
}

void touch(const char* path) { close(open(path, O_CREAT | O_WRONLY, 0644)); }
const char* there(const char* path) { return access(path, F_OK) == 0 ? "there" : "not there"; }

void bind_and_move() {
    mkdir("a", 0755);
    mkdir("b", 0755);
    mkdir("c", 0755);
    touch("file");
    SHOW(mount("src", "a", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k"));
    touch("a/x");
    mkdir("a/sub", 0755);
    SHOW(mount("inner", "a/sub", "tmpfs", 0, nullptr));
    touch("a/sub/y");
    SHOW(mount("a", "b", nullptr, MS_BIND, nullptr));
    say("b/x %s, b/sub/y %s\n", there("b/x"), there("b/sub/y"));
    SHOW(umount2("b", 0));
    SHOW(mount("a", "b", nullptr, MS_BIND | MS_REC, nullptr));
    say("b/x %s, b/sub/y %s\n", there("b/x"), there("b/sub/y"));
    show_mounts("recursive bind");
    SHOW(umount2("b", 0));
    SHOW(umount2("b", MNT_DETACH));
    say("b/x %s\n", there("b/x"));
    SHOW(mount("a/x", "file", nullptr, MS_BIND, nullptr));
    SHOW(mount("a", "file", nullptr, MS_BIND, nullptr));
    SHOW(mount("file", "b", nullptr, MS_BIND, nullptr));
    SHOW(rename("file", "file2"));
    SHOW(unlink("file"));
    SHOW(umount2("file", 0));
    SHOW(mount("", "b", nullptr, MS_BIND, nullptr));
    SHOW(mount(nullptr, "b", nullptr, MS_BIND, nullptr));
    SHOW(mount("absent", "b", nullptr, MS_BIND, nullptr));
    SHOW(mount("b", "c", nullptr, MS_MOVE, nullptr));
    SHOW(mount("a", "a/sub", nullptr, MS_MOVE, nullptr));
    SHOW(mount("a", "c", nullptr, MS_MOVE, nullptr));
    say("a/x %s, c/x %s, c/sub/y %s\n", there("a/x"), there("c/x"), there("c/sub/y"));
    show_mounts("moved");
    SHOW(rmdir("c"));
    SHOW(mount("src", "c", "nosuchfs", 0, nullptr));
    SHOW(mount("src", "c", nullptr, 0, nullptr));
    SHOW(mount("src", "c", "tmpfs", 0, "nonsense=1"));
}

void remounting() {
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, nullptr));
    show_mounts("bind remount");
    SHOW(open("c/new", O_CREAT | O_WRONLY, 0600));
    SHOW(mkdir("c/dir", 0700));
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_BIND | MS_NOATIME | MS_NODIRATIME, nullptr));
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_BIND, nullptr));
    show_mounts("access times stay");
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_BIND | MS_STRICTATIME, nullptr));
    int fd = open("c/x", O_WRONLY);
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr));
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_RDONLY, nullptr));
    close(fd);
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT | MS_RDONLY, nullptr));
    show_mounts("file system read-only");
    SHOW(open("c/x", O_WRONLY));
    SHOW(mount(nullptr, "c", nullptr, MS_REMOUNT, nullptr));
    SHOW(mount(nullptr, "c/sub/..", nullptr, MS_REMOUNT, nullptr));
    SHOW(mount(nullptr, "b", nullptr, MS_REMOUNT, nullptr));
    struct statfs s;
    statfs("c", &s);
    say("flags %lx\n", static_cast<long>(s.f_flags) & 0x3c0f);
}

void unmounting() {
    SHOW(umount2("c/x", 0));
    SHOW(umount2("b", 0));
    int fd = open("c/sub/y", O_RDONLY);
    SHOW(umount2("c/sub", 0));
    SHOW(umount2("c/sub", MNT_EXPIRE));
    close(fd);
    SHOW(umount2("c/sub", MNT_EXPIRE | MNT_DETACH));
    SHOW(umount2("c/sub", MNT_EXPIRE));
    access("c/sub/y", F_OK);
    SHOW(umount2("c/sub", MNT_EXPIRE));
    SHOW(umount2("c/sub", MNT_EXPIRE));
    SHOW(umount2("c/sub", 0));
    symlink("c", "link");
    SHOW(umount2("link", UMOUNT_NOFOLLOW));
    fd = open("c", O_RDONLY | O_DIRECTORY);
    SHOW(umount2("link", 0));
    SHOW(umount2("link", MNT_DETACH));
    say("through the descriptor: %d\n", faccessat(fd, "x", F_OK, 0));
    close(fd);
    show_mounts("nothing");
}

void propagation() {
    SHOW(mount("p", "a", "tmpfs", 0, nullptr));
    mkdir("a/m", 0755);
    SHOW(mount(nullptr, "a/m", nullptr, MS_SHARED, nullptr));
    SHOW(mount(nullptr, "a", nullptr, MS_SHARED | MS_PRIVATE, nullptr));
    SHOW(mount(nullptr, "a", nullptr, MS_SHARED | MS_RDONLY, nullptr));
    SHOW(mount(nullptr, "a", nullptr, MS_SHARED, nullptr));
    SHOW(mount("a", "b", nullptr, MS_BIND, nullptr));
    SHOW(mount("a", "c", nullptr, MS_BIND, nullptr));
    SHOW(mount(nullptr, "c", nullptr, MS_SLAVE, nullptr));
    show_mounts("two peers, one slave");
    SHOW(mount("in", "a/m", "tmpfs", 0, nullptr));
    touch("a/m/z");
    say("b %s, c %s\n", there("b/m/z"), there("c/m/z"));
    show_mounts("mounted on a peer");
    SHOW(umount2("b/m", 0));
    say("a %s, c %s\n", there("a/m/z"), there("c/m/z"));
    SHOW(mount("in", "c/m", "tmpfs", 0, nullptr));
    touch("c/m/z");
    say("a %s, c %s\n", there("a/m/z"), there("c/m/z"));
    SHOW(mount("over", "b/m", "tmpfs", 0, nullptr));
    say("c/m/z %s\n", there("c/m/z"));
    SHOW(umount2("a/m", 0));
    say("c/m/z %s\n", there("c/m/z"));
    SHOW(umount2("c/m", 0));
    SHOW(mount(nullptr, "c", nullptr, MS_SHARED, nullptr));
    mkdir("d", 0755);
    SHOW(mount("c", "d", nullptr, MS_BIND, nullptr));
    SHOW(mount("in", "a/m", "tmpfs", 0, nullptr));
    show_mounts("a shared slave and its peer");
    SHOW(umount2("a/m", 0));
    SHOW(mount(nullptr, "a", nullptr, MS_PRIVATE, nullptr));
    SHOW(mount(nullptr, "b", nullptr, MS_PRIVATE, nullptr));
    show_mounts("masters gone");
    SHOW(mount(nullptr, "a", nullptr, MS_UNBINDABLE, nullptr));
    mkdir("e", 0755);
    SHOW(mount("a", "e", nullptr, MS_BIND, nullptr));
    SHOW(open_tree_(AT_FDCWD, "a", OPEN_TREE_CLONE));
    SHOW(mount("a", "d/m", nullptr, MS_MOVE, nullptr));
    show_mounts("unbindable");
    SHOW(mount("none", "d/m", "tmpfs", 0, nullptr));
    SHOW(mount("d/m", "e", nullptr, MS_MOVE, nullptr));
    for (const char* at : {"c/m", "d", "c", "b", "a"}) umount2(at, 0);
    show_mounts("clean");
}

void new_namespace() {
    SHOW(mount("ns", "a", "tmpfs", 0, nullptr));
    mkdir("a/in", 0755);
    SHOW(mount(nullptr, "a", nullptr, MS_SHARED, nullptr));
    in_child("a namespace of its own", [] {
        SHOW(unshare(CLONE_NEWNS));
        SHOW(mount("child", "b", "tmpfs", 0, nullptr));
        touch("b/private");
        SHOW(mount("child", "a/in", "tmpfs", 0, nullptr));
        touch("a/in/seen");
        SHOW(mount(nullptr, "a", nullptr, MS_SLAVE, nullptr));
        SHOW(umount2("a/in", 0));
        show_mounts("in the child");
        return 0;
    });
    say("b/private %s, a/in/seen %s\n", there("b/private"), there("a/in/seen"));
    SHOW(umount2("a/in", 0));
    SHOW(mount("hidden", "a/in", "tmpfs", 0, nullptr));
    in_child("removal elsewhere", [] {
        unshare(CLONE_NEWNS);
        mount(nullptr, "a", nullptr, MS_PRIVATE, nullptr);
        umount2("a/in", 0);
        SHOW(rmdir("a/in"));
        return 0;
    });
    say("a/in %s\n", there("a/in"));
    show_mounts("the mount went with the folder");
    SHOW(umount2("a", 0));
    int mine = open("/proc/self/ns/mnt", O_RDONLY);
    in_child("setns", [mine] {
        char here[64] = {}, other[64] = {};
        readlink("/proc/self/ns/mnt", here, sizeof here - 1);
        unshare(CLONE_NEWNS);
        readlink("/proc/self/ns/mnt", other, sizeof other - 1);
        say("another: %d\n", strcmp(here, other) != 0);
        SHOW(setns(mine, CLONE_NEWUTS));
        SHOW(setns(mine, 0));
        readlink("/proc/self/ns/mnt", other, sizeof other - 1);
        say("the same: %d\n", strcmp(here, other) == 0);
        char cwd[256];
        say("at %s\n", getcwd(cwd, sizeof cwd));
        SHOW(setns(0, 0));
        SHOW(setns(99, 0));
        return 0;
    });
    close(mine);
}

void names() {
    in_child("host names", [] {
        char before[128], name[128];
        gethostname(before, sizeof before);
        in_child("inner", [] {
            char inner[128];
            SHOW(unshare(CLONE_NEWUTS));
            SHOW(sethostname("other", 5));
            gethostname(inner, sizeof inner);
            say("%s %s", inner, read_file("/proc/sys/kernel/hostname").c_str());
            return 0;
        });
        gethostname(name, sizeof name);
        say("unchanged: %d\n", strcmp(before, name) == 0);
        return 0;
    });
    in_child("without privilege", [] {
        setuid(65534);
        SHOW(unshare(CLONE_NEWNS));
        SHOW(unshare(CLONE_NEWUTS));
        SHOW(unshare(CLONE_FS | CLONE_FILES));
        struct mount_attr none = {};
        SHOW(open_tree_(AT_FDCWD, "/", OPEN_TREE_CLONE));
        SHOW(fsopen_("tmpfs", 0));
        SHOW(fspick_(AT_FDCWD, "/", 0));
        SHOW(fsmount_(0, 0, 0));
        SHOW(move_mount_(AT_FDCWD, "/", AT_FDCWD, "/", 0));
        SHOW(setattr_(AT_FDCWD, "/", 0, &none, sizeof none));
        return 0;
    });
    SHOW(unshare(0x20));
}

void pivot() {
    in_child("pivot_root", [] {
        unshare(CLONE_NEWNS);
        SHOW(mount("root", "a", "tmpfs", 0, nullptr));
        mkdir("a/old", 0755);
        mkdir("a/plain", 0755);
        touch("a/here");
        SHOW(syscall(SYS_pivot_root, "a", "b"));
        SHOW(syscall(SYS_pivot_root, "b", "b"));
        SHOW(syscall(SYS_pivot_root, "a/plain", "a/plain"));
        SHOW(syscall(SYS_pivot_root, "absent", "a"));
        SHOW(syscall(SYS_pivot_root, "a", "a/here"));
        // Below a root that is mounted on something: the first one of all is not.
        SHOW(chroot("a"));
        SHOW(chdir("/"));
        SHOW(mount("fresh", "/plain", "tmpfs", 0, nullptr));
        SHOW(mkdir("/plain/old", 0755));
        touch("/plain/new");
        SHOW(syscall(SYS_pivot_root, "/plain", "/old"));
        SHOW(mount(nullptr, "/plain", nullptr, MS_SHARED, nullptr));
        SHOW(syscall(SYS_pivot_root, "/plain", "/plain/old"));
        SHOW(mount(nullptr, "/plain", nullptr, MS_PRIVATE, nullptr));
        SHOW(syscall(SYS_pivot_root, "/plain", "/plain/old"));
        char cwd[4096];
        say("at %s, /new %s, /old/here %s\n", getcwd(cwd, sizeof cwd), there("/new"), there("/old/here"));
        SHOW(umount2("/old", 0));
        SHOW(umount2("/old", MNT_DETACH));
        SHOW(rmdir("/old"));
        return 0;
    });
}

void polling() {
    struct pollfd p = {open("/proc/self/mounts", O_RDONLY), POLLIN | POLLPRI, 0};
    SHOW(poll(&p, 1, 0));
    say("nothing new: %x\n", p.revents);
    SHOW(mount("polled", "a", "tmpfs", 0, nullptr));
    SHOW(poll(&p, 1, 0));
    say("mounted: %x\n", p.revents);
    SHOW(poll(&p, 1, 0));
    say("told once: %x\n", p.revents);
    p.events = POLLPRI;
    pid_t child = fork();
    if (child == 0) {
        usleep(50000);
        _exit(umount2("a", 0) == 0 ? 0 : 1);
    }
    SHOW(poll(&p, 1, 10000));
    say("unmounted: %x\n", p.revents);
    int status = 0;
    waitpid(child, &status, 0);
    close(p.fd);
}

void trees() {
    SHOW(mount("t", "a", "tmpfs", 0, nullptr));
    mkdir("a/sub", 0755);
    touch("a/x");
    SHOW(mount("t2", "a/sub", "tmpfs", 0, nullptr));
    SHOW(open_tree_(AT_FDCWD, "a", 0x4));
    SHOW(open_tree_(AT_FDCWD, "a", AT_RECURSIVE));
    SHOW(open_tree_(AT_FDCWD, "absent", 0));
    SHOW(open_tree_(AT_FDCWD, "", OPEN_TREE_CLONE));
    SHOW(open_tree_(99, "a", OPEN_TREE_CLONE));
    int plain = open_tree_(AT_FDCWD, "a", OPEN_TREE_CLOEXEC);
    say("close on exec: %d, flags %o\n", fcntl(plain, F_GETFD), fcntl(plain, F_GETFL));
    SHOW(move_mount_(plain, "", AT_FDCWD, "b", 0));
    close(plain);
    int tree = open_tree_(AT_FDCWD, "a", OPEN_TREE_CLONE | AT_RECURSIVE);
    say("x inside: %d\n", faccessat(tree, "x", F_OK, 0));
    SHOW(move_mount_(tree, "sub", AT_FDCWD, "b", 0));
    SHOW(move_mount_(tree, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
    show_mounts("a copy attached");
    SHOW(move_mount_(tree, "", AT_FDCWD, "c", MOVE_MOUNT_F_EMPTY_PATH));
    close(tree);
    show_mounts("moved on");
    SHOW(move_mount_(AT_FDCWD, "c", AT_FDCWD, "file", 0));
    SHOW(move_mount_(AT_FDCWD, "c", AT_FDCWD, "c/sub", 0));
    SHOW(move_mount_(AT_FDCWD, "c", AT_FDCWD, "b", 0x1000));
    tree = open_tree_(AT_FDCWD, "a", OPEN_TREE_CLONE);
    int inside = openat(tree, "x", O_RDONLY);
    close(tree);
    struct stat st;
    SHOW(fstat(inside, &st));
    close(inside);
    SHOW(umount2("c/sub", 0));
    SHOW(umount2("c", 0));
    SHOW(mount(nullptr, "a", nullptr, MS_SHARED, nullptr));
    tree = open_tree_(AT_FDCWD, "a", OPEN_TREE_CLONE);
    SHOW(move_mount_(tree, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
    close(tree);
    show_mounts("a copy is a peer");
    SHOW(mount(nullptr, "b", nullptr, MS_PRIVATE, nullptr));
    SHOW(move_mount_(AT_FDCWD, "a", AT_FDCWD, "b", MOVE_MOUNT_SET_GROUP));
    SHOW(move_mount_(AT_FDCWD, "a", AT_FDCWD, "b", MOVE_MOUNT_SET_GROUP));
    show_mounts("group set");
    SHOW(umount2("b", 0));
    SHOW(umount2("a", MNT_DETACH));
}

void contexts() {
    SHOW(fsopen_("nosuchfs", 0));
    SHOW(fsopen_(std::string(300, 'n').c_str(), 0));
    SHOW(fsopen_(std::string(5000, 'n').c_str(), 0));
    SHOW(fsopen_("tmpfs", 2));
    int fd = fsopen_("tmpfs", FSOPEN_CLOEXEC);
    say("close on exec: %d\n", fcntl(fd, F_GETFD));
    char link[64] = {};
    readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), link, sizeof link - 1);
    say("%s\n", link);
    char message[64];
    SHOW(read(fd, message, sizeof message));
    SHOW(fsconfig_(fd, 99, nullptr, nullptr, 0));
    SHOW(fsconfig_(-1, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    SHOW(fsconfig_(99, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    SHOW(fsconfig_(0, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_CMD_CREATE, "key", nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "size", nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_FLAG, "ro", "1", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, nullptr, "1", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "", "1", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "size", "1m", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "nonsense", "1m", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, std::string(300, 'k').c_str(), "1m", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "source", "first", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "source", "second", 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_FLAG, "ro", nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_FLAG, "rw", nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_BINARY, "sync", "12345678", 8));
    SHOW(fsconfig_(fd, FSCONFIG_SET_PATH, "async", "/", AT_FDCWD));
    SHOW(fsconfig_(fd, FSCONFIG_SET_BINARY, "size", "12345678", 8));
    SHOW(fsconfig_(fd, FSCONFIG_SET_PATH, "nonsense", "/", AT_FDCWD));
    SHOW(fsmount_(fd, 0, 0));
    SHOW(fsconfig_(fd, FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_STRING, "size", "2m", 0));
    SHOW(fsmount_(fd, 2, 0));
    SHOW(fsmount_(fd, 0, 0x1000000));
    SHOW(fsmount_(fd, 0, 0x30));
    int mnt = fsmount_(fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME);
    say("close on exec: %d, flags %o\n", fcntl(mnt, F_GETFD), fcntl(mnt, F_GETFL));
    SHOW(fsmount_(fd, 0, 0));
    SHOW(mkdirat(mnt, "dir", 0755));
    SHOW(move_mount_(mnt, "", AT_FDCWD, "a", MOVE_MOUNT_F_EMPTY_PATH));
    close(mnt);
    close(fd);
    show_mounts("made by parts");
    say("a/dir %s\n", there("a/dir"));
    SHOW(fspick_(AT_FDCWD, "a/dir", 0));
    SHOW(fspick_(AT_FDCWD, "a", 0x100));
    SHOW(fspick_(AT_FDCWD, "absent", 0));
    fd = fspick_(AT_FDCWD, "a", FSPICK_CLOEXEC);
    SHOW(fsconfig_(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_SET_FLAG, "ro", nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0));
    SHOW(mkdir("a/more", 0755));
    show_mounts("reconfigured");
    SHOW(fsconfig_(fd, FSCONFIG_SET_FLAG, "rw", nullptr, 0));
    SHOW(fsconfig_(fd, FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0));
    SHOW(mkdir("a/more", 0755));
    close(fd);
    fd = fsopen_("tmpfs", 0);
    SHOW(fsconfig_(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    mnt = fsmount_(fd, 0, 0);
    int file = openat(mnt, "kept", O_CREAT | O_RDWR, 0600);
    close(mnt);
    close(fd);
    SHOW(write(file, "x", 1));
    close(file);
}

void attributes() {
    struct mount_attr attr = {};
    mkdir("a/sub", 0755);
    SHOW(mount("inner", "a/sub", "tmpfs", 0, nullptr));
    SHOW(setattr_(AT_FDCWD, "a", 0x4, &attr, sizeof attr));
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, 8));
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, 5000));
    SHOW(setattr_(AT_FDCWD, "absent", 0, &attr, sizeof attr));
    SHOW(setattr_(AT_FDCWD, "a", 0, nullptr, sizeof attr));
    char longer[64] = {};
    longer[40] = 1;
    SHOW(setattr_(AT_FDCWD, "a", 0, reinterpret_cast<struct mount_attr*>(longer), sizeof longer));
    attr.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
    SHOW(setattr_(AT_FDCWD, "a/dir", 0, &attr, sizeof attr));
    SHOW(setattr_(AT_FDCWD, "absent", 0, &attr, sizeof attr));
    SHOW(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr, sizeof attr));
    show_mounts("read-only all the way down");
    attr = {};
    attr.attr_clr = MOUNT_ATTR_RDONLY;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    attr.attr_clr = MOUNT_ATTR_NOATIME;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    attr.attr_clr = 0;
    attr.attr_set = MOUNT_ATTR_STRICTATIME;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    attr.attr_clr = MOUNT_ATTR__ATIME;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    show_mounts("strict access times");
    attr = {};
    attr.attr_set = 1ull << 40;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    attr = {};
    attr.propagation = MS_SHARED | MS_PRIVATE;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    attr.propagation = MS_SHARED;
    SHOW(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr, sizeof attr));
    show_mounts("shared");
    attr.propagation = MS_PRIVATE;
    SHOW(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr, sizeof attr));
    int file = open("a/kept", O_CREAT | O_RDWR, 0600);
    attr = {};
    attr.attr_set = MOUNT_ATTR_RDONLY;
    SHOW(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr, sizeof attr));
    close(file);
    attr.attr_set = MOUNT_ATTR_IDMAP;
    attr.userns_fd = 99;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    attr.userns_fd = 0;
    SHOW(setattr_(AT_FDCWD, "a", 0, &attr, sizeof attr));
    int fd = open_tree_(AT_FDCWD, "a", OPEN_TREE_CLONE);
    attr = {};
    attr.attr_set = MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NOEXEC;
    SHOW(setattr_(fd, "", AT_EMPTY_PATH, &attr, sizeof attr));
    SHOW(move_mount_(fd, "", AT_FDCWD, "b", MOVE_MOUNT_F_EMPTY_PATH));
    close(fd);
    symlink("dir", "b/link");
    SHOW(access("b/link", F_OK));
    SHOW(access("a/link", F_OK));
    show_mounts("set on a detached mount");
    SHOW(umount2("b", 0));
    SHOW(umount2("a", MNT_DETACH));
}

}  // namespace

int main() {
    char cwd[4096];
    SHOW(unshare(CLONE_NEWNS));
    SHOW(mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr));
    mkdir("work", 0755);
    SHOW(mount("work", "work", "tmpfs", 0, nullptr));
    SHOW(chdir("work"));
    base = getcwd(cwd, sizeof cwd);
    base += "/";
    bind_and_move();
    remounting();
    unmounting();
    propagation();
    new_namespace();
    names();
    pivot();
    polling();
    trees();
    contexts();
    attributes();
    return 0;
}
