// eventfd: counting, semaphores, blocking, limits, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <thread>

static void readiness(int fd) {
    pollfd p = {fd, POLLIN | POLLOUT, 0};
    int count = poll(&p, 1, 0);
    say("ready %d %x\n", count, p.revents);
}

int main() {
    unsigned long long value = 0;
    int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GETFD));
    readiness(fd);
    SHOW(read(fd, &value, 7));
    SHOW(read(fd, &value, 8));
    say("%llu\n", value);
    readiness(fd);
    SHOW(read(fd, &value, 8));
    value = 5;
    SHOW(write(fd, &value, 7));
    SHOW(write(fd, &value, 8));
    SHOW(read(fd, &value, 8));
    say("%llu\n", value);
    value = ~0ull;
    SHOW(write(fd, &value, 8));
    value = ~0ull - 1;
    SHOW(write(fd, &value, 8));
    readiness(fd);
    value = 1;
    SHOW(write(fd, &value, 8));
    value = 0;
    SHOW(write(fd, &value, 8));
    SHOW(read(fd, reinterpret_cast<void*>(8), 8));
    SHOW(write(fd, reinterpret_cast<void*>(8), 8));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(pread(fd, &value, 8, 0));
    SHOW(ftruncate(fd, 0));
    SHOW(close(fd));

    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    for (int i = 0; i < 3; i++) {
        value = 9;
        SHOW(read(semaphore, &value, 8));
        say("%llu\n", value);
    }
    SHOW(syscall(SYS_eventfd2, 0, 0x10));
    SHOW(syscall(SYS_eventfd2, 0, 4));
    int plain = static_cast<int>(syscall(SYS_eventfd, 1));
    SHOW(fcntl(plain, F_GETFL));
    SHOW(fcntl(plain, F_GETFD));

    int blocking = eventfd(0, 0);
    std::thread writer([&] {
        usleep(10000);
        unsigned long long one = 1;
        if (write(blocking, &one, 8) != 8) _exit(1);
    });
    SHOW(read(blocking, &value, 8));
    say("%llu\n", value);
    writer.join();
    value = ~0ull - 1;
    SHOW(write(blocking, &value, 8));
    std::thread reader([&] {
        usleep(10000);
        unsigned long long taken;
        if (read(blocking, &taken, 8) != 8) _exit(1);
    });
    value = 4;
    SHOW(write(blocking, &value, 8));
    reader.join();
    SHOW(read(blocking, &value, 8));
    say("%llu\n", value);
    return 0;
}
