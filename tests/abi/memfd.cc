// memfd_create, seals, fallocate, holes, sparse files.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main() {
    char text[64] = {};
    int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(write(fd, "hello", 5));
    SHOW(lseek(fd, 10000, SEEK_SET));
    SHOW(write(fd, "end", 3));
    struct stat st;
    SHOW(fstat(fd, &st));
    say("size %ld mode %o links %ld\n", static_cast<long>(st.st_size), st.st_mode, static_cast<long>(st.st_nlink));
    SHOW(pread(fd, text, 8, 9996));
    say("hole %d data %.3s\n", text[0] == 0 && text[3] == 0, text + 4);
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, 4096, SEEK_DATA));
    SHOW(lseek(fd, 8192, SEEK_HOLE));
    SHOW(lseek(fd, 20000, SEEK_DATA));
    SHOW(ftruncate(fd, 9998));
    SHOW(ftruncate(fd, 12000));
    SHOW(pread(fd, text, 8, 9997));
    say("cut %d\n", text[0] == 0 && text[3] == 0);
    SHOW(fallocate(fd, 0, 0, 20000));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 40000));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(pwrite(fd, "abcdefgh", 8, 4092));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4094, 8192));
    SHOW(pread(fd, text, 8, 4090));
    say("punched %d %c%c\n", text[4] == 0, text[2], text[3]);
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(fd, 0, -1, 10));
    SHOW(fallocate(fd, 0x1000, 0, 10));
    void* map = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    memcpy(map, "MAPPED", 6);
    SHOW(pread(fd, text, 6, 0));
    say("%.6s\n", text);
    SHOW(pwrite(fd, "back", 4, 0));
    say("%.6s\n", static_cast<char*>(map));
    munmap(map, 4096);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    SHOW(ftruncate(fd, 10));
    SHOW(ftruncate(fd, 100000));
    SHOW(pwrite(fd, "x", 1, 0));
    SHOW(pwrite(fd, "x", 1, 50000));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(pwrite(fd, "x", 1, 0));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    // A shared mapping that may write, now or later, keeps F_SEAL_WRITE away; private ones and those of a descriptor
    // that cannot write do not.
    int mapped = memfd_create("mapped", MFD_ALLOW_SEALING);
    SHOW(ftruncate(mapped, 4096));
    void* writer = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    SHOW(fcntl(mapped, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(mprotect(writer, 4096, PROT_READ));
    SHOW(fcntl(mapped, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW));
    SHOW(fcntl(mapped, F_GET_SEALS));
    SHOW(fcntl(mapped, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    SHOW(mprotect(writer, 4096, PROT_READ | PROT_WRITE));
    memcpy(writer, "future", 6);
    void* reader = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, mapped, 0);
    say("%.6s\n", static_cast<char*>(reader));
    SHOW(mprotect(reader, 4096, PROT_READ | PROT_WRITE));
    SHOW(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0) == MAP_FAILED ? -1 : 0);
    munmap(writer, 4096);
    munmap(reader, 4096);
    void* copy = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, mapped, 0);
    SHOW(fcntl(mapped, F_ADD_SEALS, F_SEAL_WRITE));
    memcpy(copy, "own", 3);
    SHOW(fcntl(mapped, F_GET_SEALS));
    int plain = memfd_create("plain", 0);
    SHOW(fcntl(plain, F_GET_SEALS));
    SHOW(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(memfd_create("x", 0x1000));
    SHOW_OK(memfd_create(std::string(249, 'n').c_str(), 0));
    SHOW(memfd_create(std::string(250, 'n').c_str(), 0));
    char path[64], target[64] = {};
    snprintf(path, sizeof path, "/proc/self/fd/%d", plain);
    SHOW(readlink(path, target, sizeof target - 1));
    say("%s\n", target);
    int again = open(path, O_RDWR);
    SHOW(write(again, "via proc", 8));
    SHOW(pread(plain, text, 8, 0));
    return 0;
}
