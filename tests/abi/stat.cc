// stat, lstat, fstat, newfstatat, statx, access, faccessat, chmod, chown, utimensat, umask.
#include "show.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static void print(const char* what, const struct stat& st) {
    say("%s: mode %o links %ld uid %d gid %d size %ld\n", what, st.st_mode,
        S_ISDIR(st.st_mode) ? 0L : static_cast<long>(st.st_nlink), st.st_uid, st.st_gid,
        S_ISDIR(st.st_mode) ? 0L : static_cast<long>(st.st_size));
}

int main() {
    struct stat st;
    umask(0);
    write_file("file", "12345");
    SHOW(mkdir("folder", 0750));
    SHOW(symlink("file", "link"));
    SHOW(link("file", "second"));
    for (const char* name : {"file", "folder", "link", "second", "."}) {
        if (SHOW(stat(name, &st)) == 0) print(name, st);
        if (SHOW(lstat(name, &st)) == 0) print(name, st);
    }
    SHOW(stat("absent", &st));
    SHOW(stat("file/x", &st));
    SHOW(stat("", &st));
    SHOW(syscall(SYS_stat, "file", 8));
    int fd = open("file", O_RDONLY);
    SHOW(fstat(fd, &st));
    print("fstat", st);
    SHOW(fstat(99, &st));
    SHOW(fstatat(fd, "", &st, AT_EMPTY_PATH));
    print("empty path", st);
    SHOW(fstatat(AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW));
    print("nofollow", st);
    SHOW(fstatat(AT_FDCWD, "file", &st, 0x40000000));
    struct statx sx = {};
    SHOW(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &sx));
    say("statx: mode %o links %u size %llu mask %x\n", sx.stx_mode, sx.stx_nlink, sx.stx_size,
        sx.stx_mask & STATX_BASIC_STATS);
    SHOW(statx(AT_FDCWD, "absent", 0, STATX_BASIC_STATS, &sx));
    SHOW(stat("/dev/null", &st));
    say("null: %o %d,%d\n", st.st_mode & S_IFMT, major(st.st_rdev), minor(st.st_rdev));
    SHOW(access("file", R_OK));
    SHOW(access("file", X_OK));
    SHOW(access("folder", X_OK));
    SHOW(access("absent", F_OK));
    SHOW(access("file", 99));
    SHOW(faccessat(AT_FDCWD, "link", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(chmod("file", 04711));
    SHOW(stat("file", &st));
    print("chmod", st);
    SHOW(access("file", X_OK));
    SHOW(fchmod(fd, 0600));
    SHOW(chmod("absent", 0600));
    SHOW(fchmodat(AT_FDCWD, "folder", 0700, 0));
    SHOW(chown("file", 1000, 1001));
    SHOW(stat("file", &st));
    print("chown", st);
    SHOW(lchown("link", 7, -1));
    SHOW(lstat("link", &st));
    print("lchown", st);
    SHOW(fchown(fd, -1, 5));
    SHOW(fstat(fd, &st));
    print("fchown", st);
    SHOW(chown("absent", 1, 1));
    timespec times[2] = {{1000, 5}, {2000, 999999999}};
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    SHOW(stat("file", &st));
    say("times %ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = {3000, 1};
    SHOW(futimens(fd, times));
    SHOW(fstat(fd, &st));
    say("times %ld %ld\n", st.st_atim.tv_sec, st.st_mtim.tv_sec);
    times[1].tv_nsec = 1000000000;
    SHOW(futimens(fd, times));
    SHOW(utimensat(AT_FDCWD, "absent", nullptr, 0));
    SHOW(umask(077));
    SHOW(umask(0177777));
    SHOW(umask(0));
    return 0;
}
