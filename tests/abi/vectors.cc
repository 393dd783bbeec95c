// preadv, pwritev, preadv2, pwritev2: positions, flags, limits on vectors; readahead, posix_fadvise,
// sync_file_range, syncfs, sync: what they refuse.
#include "show.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <climits>

static iovec piece(const char* text) { return {const_cast<char*>(text), strlen(text)}; }
static void content() { say("file: %s\n", read_file("file").c_str()); }

int main() {
    int fd = open("file", O_RDWR | O_CREAT, 0600), reads = open("file", O_RDONLY), writes = open("file", O_WRONLY);
    int ends[2], folder = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    SHOW(pipe(ends));
    iovec parts[2] = {piece("abc"), piece("defg")};
    SHOW(pwritev(fd, parts, 2, 2));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwritev(fd, parts, 1, -1));
    SHOW(pwritev(reads, parts, 1, 0));
    SHOW(pwritev(99, parts, 1, 0));
    SHOW(pwritev(ends[1], parts, 1, 0));
    SHOW(pwritev(fd, parts, -1, 0));
    SHOW(pwritev(fd, parts, IOV_MAX + 1, 0));
    SHOW(pwritev(fd, reinterpret_cast<iovec*>(8), 1, 0));
    SHOW(pwritev(fd, nullptr, 0, 0));
    char one[4] = {}, two[8] = {};
    iovec into[2] = {{one, 3}, {two, 7}};
    SHOW(preadv(fd, into, 2, 3));
    say("%s %s\n", one, two);
    SHOW(preadv(fd, into, 2, 100));
    SHOW(preadv(fd, into, 2, -1));
    SHOW(preadv(writes, into, 2, 0));
    SHOW(preadv(ends[0], into, 2, 0));
    SHOW(preadv(folder, into, 2, 0));
    iovec negative = {one, static_cast<size_t>(-1)};
    SHOW(preadv(fd, &negative, 1, 0));
    SHOW(readv(fd, &negative, 1));
    iovec far[2] = {{one, 1}, {reinterpret_cast<void*>(0xffff800000000000), 1}};
    SHOW(preadv(fd, far, 2, 2));
    iovec unmapped[2] = {{one, 1}, {reinterpret_cast<void*>(4096), 1}};
    SHOW(preadv(fd, unmapped, 2, 2));
    SHOW(pwritev(fd, unmapped, 2, 0));
    // Up to what was there the vector is done.
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(readv(fd, unmapped, 2));
    SHOW(lseek(fd, 0, SEEK_CUR));

    say("with flags\n");
    SHOW(ftruncate(fd, 0));
    SHOW(pwritev2(fd, parts, 2, -1, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwritev2(fd, parts, 1, 0, RWF_APPEND));
    content();
    SHOW(pwritev2(fd, parts, 1, 1, RWF_DSYNC));
    SHOW(pwritev2(fd, parts, 1, 1, RWF_SYNC | RWF_HIPRI));
    SHOW(pwritev2(fd, parts, 1, -2, 0));
    SHOW(pwritev2(fd, parts, 1, 0, 0x10000));
    content();
    SHOW(preadv2(fd, into, 2, 0, 0));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(preadv2(fd, into, 1, -1, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(preadv2(fd, into, 2, -2, 0));
    SHOW(preadv2(fd, into, 2, 0, 0x10000));
    SHOW(preadv2(ends[0], into, 2, -1, RWF_NOWAIT));
    SHOW(preadv2(ends[0], into, 2, 0, 0));

    say("advice\n");
    SHOW(readahead(fd, 0, 100));
    SHOW(readahead(writes, 0, 100));
    SHOW(readahead(99, 0, 100));
    SHOW(readahead(ends[0], 0, 100));
    for (int advice = -1; advice <= 6; ++advice) SHOW(posix_fadvise(fd, 0, 0, advice));
    SHOW(posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL));
    SHOW(posix_fadvise(fd, -1, 10, POSIX_FADV_WILLNEED));
    SHOW(posix_fadvise(99, 0, 0, POSIX_FADV_NORMAL));
    SHOW(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL));
    SHOW(posix_fadvise(null, 0, 0, POSIX_FADV_NORMAL));
    int path = open("file", O_PATH);
    SHOW(posix_fadvise(path, 0, 0, POSIX_FADV_NORMAL));
    SHOW(readahead(path, 0, 1));

    say("durable\n");
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(fsync(99));
    SHOW(fdatasync(ends[0]));
    SHOW(fsync(path));
    SHOW(fsync(folder));
    SHOW(fsync(null));
    SHOW(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER));
    SHOW(sync_file_range(fd, -1, 0, 0));
    SHOW(sync_file_range(fd, 0, -1, 0));
    SHOW(sync_file_range(fd, LONG_MAX, 1, 0));
    SHOW(sync_file_range(fd, 0, 0, 8));
    SHOW(sync_file_range(99, 0, 0, 0));
    SHOW(sync_file_range(ends[0], 0, 0, 0));
    SHOW(syncfs(fd));
    SHOW(syncfs(99));
    SHOW(syncfs(path));
    sync();
    return 0;
}
