// fcntl, flock, ioctl on files, copy_file_range, sendfile, fallocate, fadvise, statfs, sync.
#include "show.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static struct flock lock_of(short type, long start, long length) {
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = start;
    lock.l_len = length;
    return lock;
}

int main() {
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_SETFL, 0));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(99, F_GETFD));
    SHOW(fcntl(fd, 9999));
    SHOW(fcntl(fd, F_DUPFD, -1));
    // Two descriptors of one open file share offset and flags.
    int twin = dup(fd);
    SHOW(write(fd, "0123456789", 10));
    SHOW(lseek(twin, 0, SEEK_CUR));
    SHOW(lseek(twin, 2, SEEK_SET));
    SHOW(lseek(fd, 0, SEEK_CUR));

    struct flock lock = lock_of(F_WRLCK, 0, 5);
    SHOW(fcntl(fd, F_SETLK, &lock));
    in_child("other process", [&] {
        struct flock wanted = lock_of(F_RDLCK, 2, 1);
        SHOW(fcntl(fd, F_SETLK, &wanted));
        SHOW(fcntl(fd, F_GETLK, &wanted));
        say("type %d start %ld length %ld holder is parent %d\n", wanted.l_type, static_cast<long>(wanted.l_start),
            static_cast<long>(wanted.l_len), wanted.l_pid == getppid());
        wanted = lock_of(F_RDLCK, 5, 0);
        SHOW(fcntl(fd, F_SETLK, &wanted));
        return 0;
    });
    lock = lock_of(F_UNLCK, 0, 0);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = lock_of(99, 0, 0);
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(flock(fd, LOCK_EX));
    int other = open("file", O_RDWR);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(twin, LOCK_EX | LOCK_NB));
    SHOW(flock(fd, LOCK_UN));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(other, 77));

    int value = 1;
    SHOW(ioctl(fd, TCGETS, &value));
    SHOW(ioctl(fd, TIOCGWINSZ, &value));
    SHOW(ioctl(fd, FIOCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, FIONCLEX));
    SHOW(ioctl(99, TCGETS, &value));
    SHOW(ioctl(fd, FIONREAD, &value));
    say("left %d\n", value);
    SHOW(isatty(fd));

    int copy = open("copy", O_RDWR | O_CREAT, 0600);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(sendfile(copy, fd, nullptr, 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    off_t offset = 6;
    SHOW(sendfile(copy, fd, &offset, 100));
    say("offset %ld\n", static_cast<long>(offset));
    char text[16] = {};
    SHOW(pread(copy, text, 15, 0));
    say("%s\n", text);
    SHOW(fallocate(copy, 0, 0, 100));
    struct stat st;
    SHOW(fstat(copy, &st));
    say("size %ld\n", static_cast<long>(st.st_size));
    SHOW(fallocate(copy, 0, -1, 100));
    SHOW(posix_fadvise(copy, 0, 0, POSIX_FADV_SEQUENTIAL));
    struct statfs fs;
    SHOW(statfs(".", &fs));
    SHOW(fs.f_bsize);
    SHOW(fs.f_namelen);
    SHOW(fstatfs(copy, &fs));
    SHOW(statfs("absent", &fs));
    SHOW(fstatfs(99, &fs));
    sync();
    SHOW(syncfs(copy));
    SHOW(chroot("absent"));
    in_child("chroot", [] {
        mkdir("jail", 0755);
        write_file("jail/inside", "x");
        SHOW(chroot("jail"));
        SHOW(chdir("/"));
        SHOW(access("/inside", F_OK));
        SHOW(access("/../../inside", F_OK));
        SHOW(access("/file", F_OK));
        return 0;
    });
    return 0;
}
