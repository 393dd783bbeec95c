// Long names, deep trees, loops of links, folders that change while they are listed, cookies of seekdir, openat2.
#include "show.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <set>
#include <vector>

namespace {

void lengths() {
    const std::string longest(255, 'n'), too_long(256, 'n');
    SHOW(mkdir(longest.c_str(), 0755));
    SHOW(mkdir(too_long.c_str(), 0755));
    SHOW(open((longest + "/" + too_long).c_str(), O_RDONLY));
    SHOW(rename(longest.c_str(), too_long.c_str()));
    SHOW(rename("nothing", too_long.c_str()));
    SHOW(rename(too_long.c_str(), reinterpret_cast<const char*>(8)));
    SHOW(link(longest.c_str(), too_long.c_str()));
    SHOW(unlink(too_long.c_str()));
    SHOW(open(too_long.c_str(), O_CREAT | O_WRONLY, 0644));
    SHOW(symlink("x", too_long.c_str()));
    SHOW(access(("./" + too_long).c_str(), F_OK));
    SHOW(rmdir(longest.c_str()));
    std::string path = "./";
    while (path.size() < 4094) path += "./";
    SHOW(access(path.c_str(), F_OK));
    path += ".";
    SHOW(access(path.c_str(), F_OK));
    path += "/";
    SHOW(access(path.c_str(), F_OK));
    SHOW(symlink(std::string(4095, 'l').c_str(), "longlink"));
    SHOW(symlink(std::string(4096, 'l').c_str(), "longerlink"));
    SHOW(symlink("", "emptylink"));
    char text[5000];
    SHOW(readlink("longlink", text, sizeof text));
    SHOW(readlink("longlink", text, 10));
    SHOW(readlink("longlink", text, 0));
    SHOW(access("longlink", F_OK));
    SHOW(access("", F_OK));
}

// Folders that are removed while the one at their bottom is in use go all at once when it is closed.
void removed_chain() {
    constexpr int kFolders = 2000;
    int fd = open(".", O_RDONLY | O_DIRECTORY), failed = 0;
    for (int i = 0; i < kFolders && fd >= 0; i++) {
        if (mkdirat(fd, "d", 0755) != 0) failed++;
        const int next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
        close(fd);
        fd = next;
    }
    const int bottom = fd;
    fd = openat(bottom, "..", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < kFolders && fd >= 0; i++) {
        if (unlinkat(fd, "d", AT_REMOVEDIR) != 0) failed++;
        const int next = openat(fd, "..", O_RDONLY | O_DIRECTORY);
        close(fd);
        fd = next;
    }
    close(fd);
    say("chain: %d failed\n", failed);
    SHOW(openat(bottom, "d", O_RDONLY));
    SHOW(close(bottom));
}

void depth() {
    const std::string name(200, 'd');
    int top = open(".", O_RDONLY | O_DIRECTORY), fd = top;
    int made = 0;
    for (; made < 60; made++) {
        if (mkdirat(fd, name.c_str(), 0755) != 0) break;
        int next = openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY);
        if (next < 0) break;
        if (fd != top) close(fd);
        fd = next;
    }
    say("made %d\n", made);
    char cwd[8192];
    SHOW(fchdir(fd));
    SHOW(syscall(SYS_getcwd, cwd, 100));
    SHOW(syscall(SYS_getcwd, cwd, sizeof cwd));
    for (int i = 0; i < made; i++) {
        if (chdir("..") != 0 || rmdir(name.c_str()) != 0) say("up: %s\n", strerrorname_np(errno));
    }
    SHOW(fchdir(top));
    close(fd);
    close(top);
}

void loops() {
    symlink("loop", "loop");
    SHOW(open("loop", O_RDONLY));
    SHOW(open("loop", O_CREAT | O_RDWR, 0600));
    SHOW(open("loop", O_NOFOLLOW | O_RDONLY));
    SHOW(access("loop/x", F_OK));
    symlink("pong", "ping");
    symlink("ping", "pong");
    SHOW(chdir("ping"));
    write_file("end", "x");
    symlink("end", "c0");
    for (int i = 1; i <= 41; i++) {
        symlink(("c" + std::to_string(i - 1)).c_str(), ("c" + std::to_string(i)).c_str());
    }
    SHOW(access("c39", F_OK));
    SHOW(access("c40", F_OK));
    SHOW(access("c41", F_OK));
    symlink("absent", "dangling");
    SHOW(open("dangling", O_RDONLY));
    SHOW(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0600));
    SHOW(close(open("dangling", O_CREAT | O_RDWR, 0600)));
    SHOW(access("absent", F_OK));
    SHOW(mkdir("dangling", 0700));
}

std::set<std::string> rest_of(DIR* folder) {
    std::set<std::string> names;
    while (dirent* e = readdir(folder)) {
        if (e->d_name[0] != '.') names.insert(e->d_name);
    }
    return names;
}

// Removing each name as it is read: none may be missed.
void removal() {
    mkdir("big", 0755);
    for (int i = 0; i < 3000; i++) close(open(("big/f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600));
    DIR* folder = opendir("big");
    int removed = 0;
    while (dirent* e = readdir(folder)) {
        if (e->d_name[0] != '.' && unlinkat(dirfd(folder), e->d_name, 0) == 0) removed++;
    }
    closedir(folder);
    say("removed %d\n", removed);
    SHOW(rmdir("big"));
}

void cookies() {
    mkdir("few", 0755);
    for (int i = 0; i < 40; i++) close(open(("few/f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600));
    DIR* folder = opendir("few");
    std::vector<long> places;
    std::vector<std::string> names;
    for (;;) {
        places.push_back(telldir(folder));
        dirent* e = readdir(folder);
        if (e == nullptr) break;
        names.push_back(e->d_name);
    }
    say("%d entries\n", static_cast<int>(names.size()));
    // Cookies stay good when others go.
    std::string wanted = names[20];
    for (size_t i = 5; i < 15; i++) unlink(("few/" + names[i]).c_str());
    seekdir(folder, places[20]);
    dirent* e = readdir(folder);
    say("found again: %d\n", e != nullptr && wanted == e->d_name);
    seekdir(folder, places.back());
    say("at the end: %d\n", readdir(folder) == nullptr);
    rewinddir(folder);
    say("left %d\n", static_cast<int>(rest_of(folder).size()));
    closedir(folder);
    char buffer[40];
    int fd = open("few", O_RDONLY);
    SHOW(syscall(SYS_getdents64, fd, buffer, 10));
    SHOW(syscall(SYS_getdents64, fd, nullptr, 4096));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(read(fd, buffer, 1));
    folder = opendir("few");
    for (const std::string& name : rest_of(folder)) unlink(("few/" + name).c_str());
    closedir(folder);
    SHOW(rmdir("few"));
    lseek(fd, 0, SEEK_SET);
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    SHOW(openat(fd, "x", O_CREAT | O_RDWR, 0600));
    SHOW(mkdirat(fd, "x", 0755));
    SHOW(faccessat(fd, "..", F_OK, 0));
    close(fd);
}

long how(int dfd, const char* path, unsigned long long flags, unsigned long long resolve, unsigned long long mode = 0) {
    struct open_how h = {};
    h.flags = flags, h.resolve = resolve, h.mode = mode;
    long fd = syscall(SYS_openat2, dfd, path, &h, sizeof h);
    if (fd >= 0) close(static_cast<int>(fd)), fd = 0;
    return fd;
}

void resolution() {
    mkdir("r", 0755);
    mkdir("r/in", 0755);
    write_file("r/in/file", "x");
    write_file("outside", "x");
    symlink("in/file", "r/rel");
    symlink("/r/in/file", "r/abs");
    symlink("../outside", "r/up");
    symlink("in", "r/dir");
    mkdir("r/mnt", 0755);
    mount("m", "r/mnt", "tmpfs", 0, nullptr);
    write_file("r/mnt/file", "x");
    symlink("/proc/self/exe", "r/magic");
    int d = open("r", O_RDONLY | O_DIRECTORY);
    for (unsigned long long resolve :
         {0, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT}) {
        say("resolve %llx\n", resolve);
        for (const char* path : {"in/file", "rel", "dir/file", "up", "../outside", "in/../rel", "..", "mnt/file",
                                 "mnt/..", "magic", "/", "absent/x"}) {
            long result = how(d, path, O_RDONLY, resolve);
            say("%s: %s\n", path, result == 0 ? "open" : strerrorname_np(errno));
        }
        SHOW(how(d, "dir", O_RDONLY | O_NOFOLLOW, resolve));
        SHOW(how(d, "dir", O_PATH | O_NOFOLLOW, resolve));
        SHOW(how(d, "in/made", O_CREAT | O_RDWR, resolve, 0600));
    }
    SHOW(how(d, "abs", O_RDONLY, RESOLVE_BENEATH));
    SHOW(how(d, "in/file", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    SHOW(how(d, "in/file", O_RDONLY, 0x1000));
    SHOW(how(d, "in/file", O_RDONLY, 0, 0600));
    SHOW(how(d, "in/file", 1ull << 40, 0));
    SHOW(how(d, "in/made2", O_CREAT | O_RDWR, 0, 010000));
    SHOW(how(99, "in/file", O_RDONLY, 0));
    close(d);
}

}  // namespace

int main() {
    unshare(CLONE_NEWNS);
    mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr);
    mkdir("work", 0755);
    SHOW(mount("work", "work", "tmpfs", 0, nullptr));
    if (chdir("work") != 0) return 1;
    lengths();
    depth();
    removed_chain();
    loops();
    removal();
    cookies();
    resolution();
    return 0;
}
