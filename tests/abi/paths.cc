// Path walk: dots, links, loops, long names, trailing slashes, descriptors as starts, openat2's limits.
#include "show.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void kind(const char* path) {
    struct stat st;
    if (stat(path, &st) != 0) {
        say("stat %s: %s\n", path, strerrorname_np(errno));
    } else {
        say("stat %s: %o\n", path, st.st_mode & S_IFMT);
    }
    if (lstat(path, &st) != 0) {
        say("lstat %s: %s\n", path, strerrorname_np(errno));
    } else {
        say("lstat %s: %o\n", path, st.st_mode & S_IFMT);
    }
}
static long open2(int at, const char* path, unsigned long flags, unsigned long mode, unsigned long resolve) {
    struct open_how how = {};
    how.flags = flags;
    how.mode = mode;
    how.resolve = resolve;
    long fd = syscall(SYS_openat2, at, path, &how, sizeof how);
    if (fd >= 0) close(static_cast<int>(fd));
    return fd >= 0 ? 0 : fd;
}

int main() {
    umask(022);
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    write_file("d/f", "x");
    symlink("f", "d/to_f");
    symlink("e", "d/to_e");
    symlink("e/", "d/to_e_slash");
    symlink("f/", "d/to_f_slash");
    symlink("nowhere", "d/dangling");
    symlink("loop2", "loop1");
    symlink("loop1", "loop2");
    symlink("../d/e/../to_f", "d/round");
    for (const char* p : {"d",           "d/",       "d//",       "d/.",          "d/..",         "./d/./e/../f",
                          "d/f/",        "d/f/.",    "d/f/..",    "d/to_f",       "d/to_f/",      "d/to_e",
                          "d/to_e/",     "d/to_e/.", "d/to_e/..", "d/to_e_slash", "d/to_f_slash", "d/dangling",
                          "d/dangling/", "loop1",    "loop1/x",   "d/round",      "d/absent/..",  "",
                          "/",           "/..",      "/../..",    "//",           "..//."})
        kind(p);
    std::string name(255, 'n');
    SHOW(mkdir(name.c_str(), 0755));
    kind((name + "/.").c_str());
    name += 'n';
    SHOW(mkdir(name.c_str(), 0755));
    SHOW(access(name.c_str(), F_OK));
    SHOW(access((std::string(2046, '/') + "x").c_str(), F_OK));
    std::string longest = "./";
    while (longest.size() < 4094) longest += "./";
    SHOW(access((longest + ".").c_str(), F_OK));
    SHOW(access((longest + "./").c_str(), F_OK));
    std::string chain = "c0";
    write_file("c0", "end");
    for (int i = 1; i <= 41; i++) {
        std::string next = "c" + std::to_string(i);
        symlink(chain.c_str(), next.c_str());
        chain = next;
    }
    SHOW(access("c40", F_OK));
    SHOW(access("c41", F_OK));

    int d = open("d", O_RDONLY | O_DIRECTORY);
    int p = open("d", O_PATH);
    int f = open("d/f", O_RDONLY);
    struct stat st;
    SHOW(fstatat(d, "f", &st, 0));
    SHOW(fstatat(p, "f", &st, 0));
    SHOW(fstatat(f, "f", &st, 0));
    SHOW(fstatat(99, "f", &st, 0));
    SHOW(fstatat(99, "/", &st, 0));
    SHOW(fstatat(f, "", &st, AT_EMPTY_PATH));
    say("size %ld\n", static_cast<long>(st.st_size));
    SHOW(fstatat(f, "", &st, 0));
    SHOW(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
    SHOW(fstatat(d, "to_f", &st, AT_SYMLINK_NOFOLLOW));
    SHOW(fstatat(d, "f", &st, 0x4000000));

    int made = 0;
    SHOW(open("d/f", O_RDONLY | O_DIRECTORY));
    SHOW(open("d", O_WRONLY));
    SHOW(open("d", O_RDONLY | O_CREAT, 0644));
    SHOW(open("d/new/", O_RDONLY | O_CREAT, 0644));
    SHOW(open("d/f", O_RDONLY | O_CREAT | O_EXCL, 0644));
    SHOW(open("d/dangling", O_RDONLY | O_CREAT | O_EXCL, 0644));
    SHOW(open("d/to_f", O_RDONLY | O_NOFOLLOW));
    SHOW(open("loop1", O_RDONLY | O_CREAT, 0644));
    SHOW_OK(made = open("d/dangling", O_RDWR | O_CREAT, 0644));
    close(made);
    kind("d/nowhere");
    int link = open("d/to_f", O_PATH | O_NOFOLLOW);
    char text[64];
    long n = readlinkat(link, "", text, sizeof text);
    say("readlinkat of O_PATH %ld %.*s\n", n, static_cast<int>(n < 0 ? 0 : n), text);
    SHOW(readlinkat(AT_FDCWD, "d/f", text, sizeof text));
    SHOW(readlink("d/to_f", text, 0));
    SHOW(read(p, text, 1));
    SHOW(fchmod(p, 0700));
    SHOW(fcntl(p, F_GETFL) & O_PATH);
    int hidden = -1;
    SHOW_OK(hidden = open("d", O_TMPFILE | O_RDWR, 0600));
    SHOW(open("d", O_TMPFILE | O_RDONLY, 0600));
    SHOW(symlink("d", "link to d"));
    SHOW_OK(open("link to d", O_TMPFILE | O_RDWR, 0600));
    SHOW(open("link to d", O_TMPFILE | O_RDWR | O_NOFOLLOW, 0600));
    SHOW(unlink("link to d"));
    if (hidden >= 0) {
        SHOW(write(hidden, "abc", 3));
        SHOW(fstat(hidden, &st));
        say("links %ld size %ld\n", static_cast<long>(st.st_nlink), static_cast<long>(st.st_size));
    }

    SHOW(open2(d, "f", O_RDONLY, 0, 0));
    SHOW(open2(d, "../d/f", O_RDONLY, 0, RESOLVE_BENEATH));
    SHOW(open2(d, "e/../f", O_RDONLY, 0, RESOLVE_BENEATH));
    SHOW(open2(d, "/d", O_RDONLY, 0, RESOLVE_BENEATH));
    SHOW(open2(d, "/f", O_RDONLY, 0, RESOLVE_IN_ROOT));
    SHOW(open2(d, "../../f", O_RDONLY, 0, RESOLVE_IN_ROOT));
    SHOW(open2(d, "to_f", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
    SHOW(open2(d, "f", O_RDONLY, 0600, 0));
    SHOW(open2(d, "f", 1ul << 40, 0, 0));
    SHOW(open2(d, "f", O_RDONLY, 0, 1ul << 20));
    SHOW(open2(d, "f", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    SHOW(open2(d, "f", O_PATH | O_RDWR | O_TRUNC, 0, 0));
    SHOW(syscall(SYS_openat2, d, "f", text, 8));
    SHOW(syscall(SYS_open, 8, O_RDONLY));
    return 0;
}
