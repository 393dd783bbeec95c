// splice, tee, vmsplice, sendfile, copy_file_range: counts, offsets, pages by reference, errors.
#include "show.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <csignal>
#include <vector>

namespace {

char buffer[70000];

void show_pipe(int fd, size_t n) {
    ssize_t got = read(fd, buffer, n);
    if (got < 0) {
        say("read: %s\n", strerrorname_np(errno));
    } else if (got > 60) {
        unsigned sum = 0;
        for (ssize_t i = 0; i < got; i++) sum = sum * 31 + static_cast<unsigned char>(buffer[i]);
        say("read %zd: sum %x\n", got, sum);
    } else {
        say("read %zd: '%.*s'\n", got, static_cast<int>(got), buffer);
    }
}

void files() {
    int p[2];
    SHOW(pipe2(p, O_NONBLOCK));
    write_file("source", "The quick brown fox jumps over the lazy dog");
    int in = open("source", O_RDWR);
    SHOW(splice(in, nullptr, p[1], nullptr, size_t{1} << 63, 0));
    SHOW(splice(in, nullptr, p[1], nullptr, 9, 0));
    SHOW(lseek(in, 0, SEEK_CUR));
    loff_t at = 16;
    SHOW(splice(in, &at, p[1], nullptr, 100, SPLICE_F_MOVE | SPLICE_F_MORE));
    say("offset %ld\n", static_cast<long>(at));
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(splice(in, &at, p[1], nullptr, 100, 0));
    // The page is shared with the file: a later change shows.
    SHOW(pwrite(in, "SLOW!", 5, 4));
    show_pipe(p[0], 100);
    show_pipe(p[0], 100);

    int out = open("target", O_RDWR | O_CREAT | O_TRUNC, 0600);
    SHOW(write(p[1], "0123456789", 10));
    SHOW(splice(p[0], nullptr, out, nullptr, size_t{1} << 63, 0));
    SHOW(splice(p[0], nullptr, out, nullptr, 4, 0));
    at = 20;
    SHOW(splice(p[0], nullptr, out, &at, 3, 0));
    say("offset %ld, position %ld\n", static_cast<long>(at), static_cast<long>(lseek(out, 0, SEEK_CUR)));
    show_pipe(p[0], 100);
    SHOW(pread(out, buffer, 100, 20));
    SHOW(splice(p[0], nullptr, out, nullptr, 4, 0));
    SHOW(splice(p[0], nullptr, out, nullptr, 4, SPLICE_F_NONBLOCK));
    at = -1;
    SHOW(splice(in, &at, p[1], nullptr, 4, 0));
    SHOW(write(p[1], "x", 1));
    SHOW(splice(p[0], nullptr, out, &at, 4, 0));
    show_pipe(p[0], 9);

    // More than a pipe holds, from a file with a hole at the start.
    std::vector<char> big(100000);
    for (size_t i = 0; i < big.size(); i++) big[i] = static_cast<char>(i * 7 + i / 1000);
    int large = open("large", O_RDWR | O_CREAT | O_TRUNC, 0600);
    SHOW(pwrite(large, big.data(), big.size(), 10000));
    long total = 0;
    for (long n; (n = splice(large, nullptr, p[1], nullptr, 1 << 20, 0)) > 0 || (n < 0 && errno == EAGAIN);) {
        if (n > 0) total += n;
        ssize_t got = read(p[0], buffer, sizeof buffer);
        (void)got;
    }
    say("through the pipe: %ld\n", total);
    while (read(p[0], buffer, sizeof buffer) > 0) {}
    lseek(large, 0, SEEK_SET);
    SHOW(splice(large, nullptr, p[1], nullptr, 30000, 0));
    show_pipe(p[0], sizeof buffer);
    // Unaligned offsets and lengths.
    at = 12345;
    SHOW(splice(large, &at, p[1], nullptr, 12000, 0));
    SHOW(splice(p[0], nullptr, out, nullptr, 5000, 0));
    SHOW(splice(p[0], nullptr, out, nullptr, 50000, 0));
    SHOW(lseek(out, 0, SEEK_END));
}

void pipes() {
    int a[2], b[2];
    SHOW(pipe2(a, O_NONBLOCK));
    SHOW(pipe2(b, O_NONBLOCK));
    SHOW(write(a[1], "hello, world", 12));
    SHOW(tee(a[0], b[1], 5, 0));
    SHOW(splice(a[0], nullptr, b[1], nullptr, 7, 0));
    SHOW(write(a[1], "!!", 2));
    SHOW(write(b[1], "+", 1));
    SHOW(tee(a[0], b[1], 100, 0));
    show_pipe(b[0], 100);
    show_pipe(a[0], 100);
    SHOW(tee(a[0], b[1], 5, 0));
    SHOW(splice(a[0], nullptr, b[1], nullptr, 5, 0));
    SHOW(tee(a[0], b[1], 0, 0));
    SHOW(tee(a[0], a[1], 5, 0));
    SHOW(splice(a[0], nullptr, a[1], nullptr, 5, 0));
    SHOW(tee(a[0], b[1], 5, 0x80));
    SHOW(tee(a[1], b[1], 5, 0));
    SHOW(tee(a[0], b[0], 5, 0));
    SHOW(tee(-1, b[0], 5, 0));
    // Full.
    SHOW(fcntl(b[1], F_SETPIPE_SZ, 4096));
    SHOW(write(b[1], buffer, 4096));
    SHOW(write(a[1], "more", 4));
    SHOW(splice(a[0], nullptr, b[1], nullptr, 4, 0));
    SHOW(tee(a[0], b[1], 4, SPLICE_F_NONBLOCK));
    SHOW(close(b[0]));
    signal(SIGPIPE, SIG_IGN);
    SHOW(splice(a[0], nullptr, b[1], nullptr, 4, 0));
    SHOW(tee(a[0], b[1], 4, 0));
    show_pipe(a[0], 10);
    int file = open("source", O_RDONLY);
    SHOW(splice(file, nullptr, b[1], nullptr, 4, 0));
    signal(SIGPIPE, SIG_DFL);
    in_child("SIGPIPE", [&] { return splice(file, nullptr, b[1], nullptr, 4, 0) < 0 ? 1 : 0; });
    // The end.
    SHOW(close(a[1]));
    SHOW(pipe(b));
    SHOW(splice(a[0], nullptr, b[1], nullptr, 5, 0));
    SHOW(tee(a[0], b[1], 5, 0));

    // Waiting: the other side comes later.
    SHOW(pipe(a));
    pid_t child = fork();
    if (child == 0) {
        close(a[0]);
        usleep(20000);
        _exit(write(a[1], "late bytes", 10) == 10 ? 0 : 1);
    }
    close(a[1]);
    SHOW(splice(a[0], nullptr, b[1], nullptr, 100, 0));
    SHOW(splice(a[0], nullptr, b[1], nullptr, 100, 0));
    waitpid(child, nullptr, 0);
    show_pipe(b[0], 100);
}

void memory() {
    int p[2];
    SHOW(pipe(p));
    static char one[] = "one ", two[] = "two";
    iovec v[2] = {{one, 4}, {two, 3}};
    SHOW(vmsplice(p[1], v, 2, 0));
    show_pipe(p[0], 100);
    // The page itself is in the pipe.
    char* page = static_cast<char*>(aligned_alloc(4096, 8192));
    memset(page, 'a', 8192);
    v[0] = {page, 8192};
    SHOW(vmsplice(p[1], v, 1, SPLICE_F_GIFT));
    page[1] = 'B';
    show_pipe(p[0], 3);
    v[0] = {page, 10};
    memset(page, '.', 10);
    SHOW(vmsplice(p[0], v, 1, 0));
    say("%.10s\n", page);
    while (read(p[0], buffer, sizeof buffer) == sizeof buffer) {}
    SHOW(vmsplice(p[0], v, 1, SPLICE_F_NONBLOCK));
    SHOW(vmsplice(p[1], v, 0, 0));
    SHOW(vmsplice(p[1], v, 1025, 0));
    SHOW(vmsplice(p[1], v, 1, 0x40));
    SHOW(vmsplice(-1, v, 1, 0));
    int file = open("source", O_RDWR);
    SHOW(vmsplice(file, v, 1, 0));
    v[0] = {reinterpret_cast<void*>(8), 10};
    SHOW(vmsplice(p[1], v, 1, 0));
    v[0] = {page, 10};
    v[1] = {reinterpret_cast<void*>(8), 10};
    SHOW(vmsplice(p[1], v, 2, 0));
    // No more than fits, without waiting for the rest.
    std::vector<char> big(100 * 4096 + 4096);
    char* start = reinterpret_cast<char*>((reinterpret_cast<unsigned long>(big.data()) + 4095) & ~4095ul);
    v[0] = {start, 100 * 4096};
    SHOW(vmsplice(p[1], v, 1, SPLICE_F_NONBLOCK));
    SHOW(vmsplice(p[1], v, 1, SPLICE_F_NONBLOCK));
    free(page);
}

void errors() {
    int p[2];
    SHOW(pipe2(p, O_NONBLOCK));
    int in = open("source", O_RDONLY), out = open("target", O_WRONLY), append = open("target", O_WRONLY | O_APPEND);
    loff_t at = 0;
    SHOW(splice(in, nullptr, out, nullptr, 5, 0));
    SHOW(splice(in, nullptr, p[1], nullptr, 0, 0x80));
    SHOW(splice(in, nullptr, p[1], nullptr, 5, 0x80));
    SHOW(splice(-1, nullptr, p[1], nullptr, 5, 0));
    SHOW(splice(in, nullptr, -1, nullptr, 5, 0));
    SHOW(splice(out, nullptr, p[1], nullptr, 5, 0));
    SHOW(splice(in, nullptr, p[0], nullptr, 5, 0));
    SHOW(splice(in, nullptr, p[1], &at, 5, 0));
    SHOW(splice(p[0], &at, out, nullptr, 5, 0));
    SHOW(splice(in, reinterpret_cast<loff_t*>(8), p[1], nullptr, 5, 0));
    SHOW(write(p[1], "x", 1));
    SHOW(splice(p[0], nullptr, append, nullptr, 5, 0));
    SHOW(splice(p[0], nullptr, in, nullptr, 5, 0));
    int event = eventfd(0, 0), set = epoll_create1(0), folder = open(".", O_RDONLY);
    SHOW(splice(event, nullptr, p[1], nullptr, 8, 0));
    SHOW(splice(set, nullptr, p[1], nullptr, 8, 0));
    SHOW(splice(folder, nullptr, p[1], nullptr, 8, 0));
    int path = open("source", O_PATH);
    SHOW(splice(path, nullptr, p[1], nullptr, 8, 0));
}

void sending() {
    int in = open("source", O_RDONLY), out = open("sent", O_RDWR | O_CREAT | O_TRUNC, 0600);
    off_t at = 4;
    SHOW(sendfile(out, in, &at, 10));
    say("offset %ld\n", static_cast<long>(at));
    SHOW(sendfile(out, in, nullptr, 1000));
    SHOW(sendfile(out, in, nullptr, 1000));
    SHOW(lseek(out, 0, SEEK_CUR));
    int large = open("large", O_RDONLY);
    SHOW(sendfile(out, large, nullptr, 200000));
    SHOW(lseek(large, 0, SEEK_CUR));
    SHOW(lseek(out, 0, SEEK_END));
    int p[2];
    SHOW(pipe(p));
    at = 0;
    SHOW(sendfile(p[1], in, &at, 9));
    show_pipe(p[0], 100);
    SHOW(sendfile(out, p[0], nullptr, 9));
    SHOW(sendfile(out, p[0], &at, 9));
    SHOW(sendfile(in, in, nullptr, 9));
    SHOW(sendfile(out, -1, nullptr, 9));
    at = -5;
    SHOW(sendfile(out, in, &at, 9));
    SHOW(sendfile(out, in, reinterpret_cast<off_t*>(8), 9));
    int append = open("sent", O_WRONLY | O_APPEND);
    at = 0;
    SHOW(sendfile(append, in, &at, 9));

    loff_t from = 4, to = 100;
    SHOW(copy_file_range(in, &from, out, &to, 5, 0));
    say("%ld %ld\n", static_cast<long>(from), static_cast<long>(to));
    SHOW(copy_file_range(in, &from, out, &to, 5, 1));
    SHOW(copy_file_range(in, nullptr, append, nullptr, 5, 0));
    SHOW(copy_file_range(p[0], nullptr, out, nullptr, 5, 0));
    from = 0, to = 3;
    SHOW(copy_file_range(out, &from, out, &to, 5, 0));
    from = 1000;
    SHOW(copy_file_range(in, &from, out, &to, 5, 0));
}

}  // namespace

int main() {
    files();
    pipes();
    memory();
    errors();
    sending();
    return 0;
}
