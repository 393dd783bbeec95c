// chmod, chown, utimensat, umask, access: modes, owners, times and what permits them.
#include "show.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <utime.h>

static void attributes(const char* path) {
    struct stat st;
    if (lstat(path, &st) != 0) {
        say("%s: %s\n", path, strerrorname_np(errno));
        return;
    }
    say("%s %o size %ld links %ld\n", path, st.st_mode, static_cast<long>(st.st_size), static_cast<long>(st.st_nlink));
}
static void times(const char* path) {
    struct stat st;
    lstat(path, &st);
    say("%s a %ld.%09ld m %ld.%09ld\n", path, st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec,
        st.st_mtim.tv_nsec);
}

int main() {
    umask(022);
    write_file("file", "text");
    mkdir("dir", 0777);
    symlink("file", "link");
    attributes("file");
    attributes("dir");
    SHOW(chmod("file", 0640));
    SHOW(chmod("link", 04755));
    attributes("file");
    SHOW(chmod("absent", 0600));
    SHOW(chmod("file/x", 0600));
    SHOW(fchmodat(AT_FDCWD, "dir", 01777, 0));
    attributes("dir");
    int fd = open("file", O_RDONLY);
    SHOW(fchmod(fd, 0600));
    SHOW(fchmod(99, 0600));
    attributes("file");
    SHOW(chown("file", static_cast<uid_t>(-1), static_cast<gid_t>(-1)));
    SHOW(chown("absent", static_cast<uid_t>(-1), static_cast<gid_t>(-1)));
    SHOW(fchown(fd, getuid(), getgid()));
    SHOW(lchown("link", getuid(), getgid()));
    SHOW(syscall(SYS_fchownat, fd, "", static_cast<uid_t>(-1), static_cast<gid_t>(-1), AT_EMPTY_PATH));
    SHOW(syscall(SYS_fchownat, AT_FDCWD, "file", 0, 0, 0x8000000));

    struct timespec set[2] = {{1000, 5}, {2000, 999999999}};
    SHOW(utimensat(AT_FDCWD, "file", set, 0));
    times("file");
    set[0].tv_nsec = UTIME_OMIT;
    set[1] = {-3, 1};
    SHOW(utimensat(AT_FDCWD, "file", set, 0));
    times("file");
    set[0].tv_nsec = 1000000000;
    SHOW(utimensat(AT_FDCWD, "file", set, 0));
    set[0].tv_nsec = set[1].tv_nsec = UTIME_OMIT;
    SHOW(utimensat(AT_FDCWD, "absent", set, 0));
    set[0] = {7, 0};
    set[1] = {8, 0};
    SHOW(utimensat(AT_FDCWD, "link", set, AT_SYMLINK_NOFOLLOW));
    times("link");
    SHOW(futimens(fd, set));
    times("file");
    SHOW(utimensat(AT_FDCWD, "file", set, 0x1));
    SHOW(utimensat(AT_FDCWD, "absent", set, 0));
    struct timeval old[2] = {{10, 20}, {30, 1000000}};
    SHOW(utimes("file", old));
    old[1].tv_usec = 40;
    SHOW(utimes("file", old));
    times("file");
    struct utimbuf oldest = {11, 12};
    SHOW(utime("file", &oldest));
    times("file");

    SHOW(access("file", F_OK));
    SHOW(access("absent", F_OK));
    SHOW(access("file", 8));
    SHOW(access("file", R_OK | W_OK));
    SHOW(access("file", X_OK));
    SHOW(faccessat(AT_FDCWD, "link", R_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
    SHOW(syscall(SYS_faccessat2, fd, "", R_OK, 0));
    SHOW(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, 0x10000));
    umask(0);
    SHOW(mkdir("sticky", 03777));
    attributes("sticky");
    SHOW(umask(077));
    int made = open("made", O_CREAT | O_WRONLY, 0666);
    attributes("made");
    close(made);
    SHOW(chmod("made", 0400));
    SHOW_OK(open("made", O_RDONLY));
    SHOW(truncate("made", 10));
    SHOW(truncate("dir", 10));
    SHOW(truncate("absent", 10));
    SHOW(truncate("file", -1));
    SHOW(truncate("file", 100));
    attributes("file");
    return 0;
}
