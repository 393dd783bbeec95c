// ftruncate, fallocate: what they make of a file, limits, errors; holes that lseek finds.
#include "show.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <climits>
#include <csignal>

static int fd;

static void size() {
    struct stat st;
    fstat(fd, &st);
    say("size %ld blocks %ld\n", static_cast<long>(st.st_size), static_cast<long>(st.st_blocks));
}

int main() {
    fd = open("file", O_RDWR | O_CREAT, 0600);
    int reads = open("file", O_RDONLY), folder = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    int path = open("file", O_PATH), ends[2];
    SHOW(pipe(ends));
    SHOW(ftruncate(fd, 10000));
    size();
    SHOW(ftruncate(fd, -1));
    SHOW(ftruncate(reads, 1));
    SHOW(ftruncate(folder, 1));
    SHOW(ftruncate(ends[1], 1));
    SHOW(ftruncate(null, 1));
    SHOW(ftruncate(path, 1));
    SHOW(ftruncate(99, 1));
    SHOW(pwrite(fd, "x", 1, 5000));
    size();
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, 4096, SEEK_HOLE));
    SHOW(lseek(fd, 8192, SEEK_DATA));
    SHOW(lseek(fd, 10000, SEEK_HOLE));
    SHOW(ftruncate(fd, 5000));
    SHOW(ftruncate(fd, 6000));
    char byte = 1;
    SHOW(pread(fd, &byte, 1, 5000));
    SHOW(byte);

    say("fallocate\n");
    SHOW(fallocate(fd, 0, 0, 20000));
    size();
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 20000, 5000));
    SHOW(lseek(fd, 0, SEEK_END));
    memset(&byte, 'y', 1);
    for (int at = 0; at < 20000; at += 1000) pwrite(fd, "y", 1, at);
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3000, 9288));
    SHOW(pread(fd, &byte, 1, 2000));
    SHOW(byte);
    SHOW(pread(fd, &byte, 1, 3000));
    SHOW(byte);
    SHOW(pread(fd, &byte, 1, 12000));
    SHOW(byte);
    SHOW(pread(fd, &byte, 1, 13000));
    SHOW(byte);
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, 4096, SEEK_DATA));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1));
    SHOW(fallocate(fd, 0x1000, 0, 1));
    SHOW(fallocate(fd, 0, -1, 1));
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(fd, 0, 0, -1));
    SHOW(fallocate(fd, 0, LONG_MAX, 1));
    SHOW(fallocate(reads, 0, 0, 1));
    SHOW(fallocate(99, 0, 0, 1));
    SHOW(fallocate(path, 0, 0, 1));
    SHOW(fallocate(ends[1], 0, 0, 1));
    SHOW(fallocate(null, 0, 0, 1));
    SHOW(fallocate(folder, 0, 0, 1));
    in_child("beyond the limit of file sizes", [] {
        rlimit limit = {30000, 30000};
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, SIG_IGN);
        SHOW(ftruncate(fd, 30000));
        SHOW(ftruncate(fd, 30001));
        SHOW(fallocate(fd, 0, 0, 30001));
        signal(SIGXFSZ, SIG_DFL);
        ftruncate(fd, 30001);
        return 0;
    });
    return 0;
}
