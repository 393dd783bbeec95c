// read, write, pread, pwrite, readv, writev, preadv, lseek, ftruncate, truncate, O_APPEND, holes, faults.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

int main() {
    char buffer[64] = {};
    int fd = open("file", O_RDWR | O_CREAT, 0644);
    SHOW(write(fd, "hello world", 11));
    SHOW(read(fd, buffer, 10));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(read(fd, buffer, 5));
    say("%.5s\n", buffer);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, -3, SEEK_END));
    SHOW(read(fd, buffer, sizeof buffer));
    say("%.3s\n", buffer);
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 0, 9));
    SHOW(lseek(99, 0, SEEK_SET));
    SHOW(pread(fd, buffer, 5, 6));
    say("%.5s\n", buffer);
    SHOW(pread(fd, buffer, 5, -1));
    SHOW(pread(fd, buffer, 5, 100));
    SHOW(pwrite(fd, "HOLE", 4, 10000));
    struct stat st;
    SHOW(fstat(fd, &st));
    say("size %ld\n", static_cast<long>(st.st_size));
    SHOW(pread(fd, buffer, 8, 9996));
    for (int i = 0; i < 8; ++i) say("%02x ", buffer[i]);
    say("\n");
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(ftruncate(fd, 4));
    SHOW(pread(fd, buffer, 64, 0));
    SHOW(ftruncate(fd, 8));
    SHOW(pread(fd, buffer, 64, 0));
    for (int i = 0; i < 8; ++i) say("%02x ", buffer[i]);
    say("\n");
    SHOW(ftruncate(fd, -1));
    SHOW(truncate("file", 2));
    SHOW(truncate("absent", 2));
    SHOW(truncate(".", 2));
    SHOW(lseek(fd, 0, SEEK_SET));
    iovec parts[3] = {{const_cast<char*>("ab"), 2}, {nullptr, 0}, {const_cast<char*>("cdef"), 4}};
    SHOW(writev(fd, parts, 3));
    char one[3] = {}, two[8] = {};
    iovec into[2] = {{one, 2}, {two, 7}};
    SHOW(preadv(fd, into, 2, 1));
    say("%s %s\n", one, two);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(readv(fd, into, 2));
    say("%s %s\n", one, two);
    SHOW(writev(fd, parts, -1));
    SHOW(writev(fd, parts, 0));
    SHOW(writev(fd, parts, 2000));
    SHOW(readv(fd, reinterpret_cast<iovec*>(8), 1));
    SHOW(syscall(SYS_read, fd, nullptr, 4));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(syscall(SYS_read, fd, nullptr, 4));
    SHOW(syscall(SYS_write, fd, 8, 4));
    SHOW(syscall(SYS_write, fd, -8L, 4));
    SHOW(read(fd, buffer, 0));
    SHOW(write(fd, buffer, 0));
    SHOW(read(-1, buffer, 1));
    SHOW(write(77, buffer, 1));
    // A buffer that ends in the middle: what could be copied is.
    long page = sysconf(_SC_PAGESIZE);
    char* edge =
        static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(munmap(edge + page, page));
    memset(edge, 'e', page);
    SHOW(lseek(fd, 0, SEEK_SET));
    show("write over the edge", write(fd, edge + page - 3, 10));
    int append = open("file", O_WRONLY | O_APPEND);
    SHOW(write(append, "END", 3));
    SHOW(lseek(append, 0, SEEK_CUR));
    SHOW(read(append, buffer, 1));
    int reader = open("file", O_RDONLY);
    SHOW(write(reader, "x", 1));
    SHOW(ftruncate(reader, 0));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(fsync(99));
    int folder = open(".", O_RDONLY);
    SHOW(read(folder, buffer, 1));
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
    SHOW(read(null, buffer, 8));
    SHOW(write(null, buffer, 8));
    memset(buffer, 1, sizeof buffer);
    SHOW(read(zero, buffer, 8));
    say("%d\n", buffer[7]);
    SHOW(write(full, buffer, 8));
    SHOW(read(full, buffer, 8));
    return 0;
}
