// AF_UNIX sockets: socket, socketpair, bind, listen, connect, accept, names, options, shutdown, readiness, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <csignal>
#include <cstddef>
#include <vector>

namespace {

struct Name {
    sockaddr_un address{};
    socklen_t length = 0;
    explicit Name(const std::string& text) {
        address.sun_family = AF_UNIX;
        memcpy(address.sun_path, text.data(), text.size());
        length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + (text[0] != '\0' ? 1 : 0));
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

void show_name(const char* what, int fd, int (*call)(int, sockaddr*, socklen_t*)) {
    sockaddr_un a{};
    socklen_t length = sizeof a;
    if (call(fd, reinterpret_cast<sockaddr*>(&a), &length) != 0) {
        say("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    std::string text(a.sun_path, length > 2 ? length - 2 : 0);
    for (char& c : text) {
        if (c == '\0') c = '@';
    }
    say("%s: family %d length %u '%s'\n", what, a.sun_family, length, text.c_str());
}

void show_option(const char* what, int fd, int option) {
    int value = -7;
    socklen_t length = sizeof value;
    const int r = getsockopt(fd, SOL_SOCKET, option, &value, &length);
    say("%s: %d %d %u %s\n", what, r, value, length, r ? strerrorname_np(errno) : "");
}
#define OPTION(fd, option) show_option(#option, fd, option)

int events_of(int fd) {
    pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&p, 1, 0);
    return p.revents;
}

void creation() {
    SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
    SHOW(socket(AF_UNIX, SOCK_RAW, 0));
    SHOW(socket(AF_UNIX, SOCK_RDM, 0));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 1));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 5));
    SHOW(socket(AF_UNIX, 77, 0));
    SHOW(socket(AF_UNIX, SOCK_STREAM | 0x100000, 0));
    SHOW(socket(12345, SOCK_STREAM, 0));
    SHOW(socket(-1, SOCK_STREAM, 0));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    OPTION(fd, SO_TYPE);
    OPTION(fd, SO_DOMAIN);
    OPTION(fd, SO_PROTOCOL);
    OPTION(fd, SO_ERROR);
    OPTION(fd, SO_ACCEPTCONN);
    OPTION(fd, SO_SNDBUF);
    OPTION(fd, SO_RCVBUF);
    OPTION(fd, SO_RCVLOWAT);
    OPTION(fd, SO_PASSCRED);
    OPTION(fd, SO_REUSEADDR);
    OPTION(fd, 9999);
    struct stat st;
    SHOW(fstat(fd, &st));
    say("mode %o size %ld\n", st.st_mode, static_cast<long>(st.st_size));
    char link[64] = {}, path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    SHOW(readlink(path, link, sizeof link - 1) > 0);
    say("%.8s\n", link);
    SHOW(lseek(fd, 0, SEEK_SET));
    char c = 0;
    SHOW(pread(fd, &c, 1, 0));
    SHOW(ftruncate(fd, 0));
    SHOW(fsync(fd));
    SHOW(ioctl(fd, 0x12345, 0));
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, reinterpret_cast<int*>(8)));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 99, pair));
    SHOW(bind(0, nullptr, 0));
    SHOW(listen(999, 1));
}

void options() {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int value = 1;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    OPTION(fd, SO_REUSEADDR);
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 3));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, reinterpret_cast<void*>(8), 4));
    SHOW(setsockopt(fd, SOL_SOCKET, 9999, &value, sizeof value));
    SHOW(setsockopt(fd, 41, 1, &value, sizeof value));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_TYPE, &value, sizeof value));
    value = 10000;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    OPTION(fd, SO_SNDBUF);
    value = 1;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    OPTION(fd, SO_SNDBUF);
    SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value));
    OPTION(fd, SO_RCVBUF);
    linger l = {1, 5};
    socklen_t length = sizeof l;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l));
    l = {};
    SHOW(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &length));
    say("linger %d %d %u\n", l.l_onoff, l.l_linger, length);
    timeval t = {0, 20000};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    t = {0, 2000000};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    t = {};
    length = sizeof t;
    SHOW(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &length));
    say("timeout %ld %ld %u\n", static_cast<long>(t.tv_sec), static_cast<long>(t.tv_usec), length);
    ucred peer{};
    length = sizeof peer;
    SHOW(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length));
    say("peer %d %d %d\n", peer.pid, static_cast<int>(peer.uid), static_cast<int>(peer.gid));
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SHOW(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
    say("peer %d %d %d\n", peer.pid == getpid(), peer.uid == geteuid(), peer.gid == getegid());
    t = {0, 20000};
    char c;
    SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    SHOW(read(pair[0], &c, 1));
    SHOW(close(pair[0]));
    SHOW(close(pair[1]));
}

void streams() {
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const Name name("here"), other("there");
    char buffer[100];
    say("fresh %x\n", events_of(fd));
    show_name("unbound", listener, getsockname);
    show_name("no peer", listener, getpeername);
    SHOW(listen(listener, 1));
    SHOW(accept(listener, nullptr, nullptr));
    SHOW(connect(fd, name.get(), name.length));
    SHOW(bind(listener, name.get(), name.length));
    SHOW(bind(listener, name.get(), name.length));
    SHOW(bind(listener, other.get(), other.length));
    SHOW(access("there", F_OK));
    SHOW(bind(fd, name.get(), name.length));
    SHOW(bind(fd, name.get(), 1));
    SHOW(bind(fd, name.get(), 200));
    SHOW(bind(fd, reinterpret_cast<sockaddr*>(8), 20));
    struct stat st;
    SHOW(stat("here", &st));
    say("mode %o\n", st.st_mode & S_IFMT);
    SHOW(open("here", O_RDWR));
    show_name("bound", listener, getsockname);
    SHOW(connect(fd, name.get(), name.length));
    SHOW(listen(listener, 0));
    OPTION(listener, SO_ACCEPTCONN);
    say("listening %x\n", events_of(listener));
    SHOW(fcntl(listener, F_SETFL, O_NONBLOCK));
    SHOW(accept(listener, nullptr, nullptr));
    SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
    SHOW(recv(fd, buffer, 1, 0));
    SHOW(recv(listener, buffer, 1, 0));
    SHOW(connect(fd, name.get(), name.length));
    say("pending %x, connected %x\n", events_of(listener), events_of(fd));
    int second = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(second, name.get(), name.length));
    SHOW(write(fd, "early", 5));
    sockaddr_un from{};
    socklen_t length = sizeof from;
    int got = accept4(listener, reinterpret_cast<sockaddr*>(&from), &length, SOCK_CLOEXEC);
    say("accepted %d length %u family %d\n", got >= 0, length, from.sun_family);
    SHOW(connect(fd, name.get(), name.length));
    SHOW(connect(listener, name.get(), name.length));
    SHOW(fcntl(got, F_GETFD));
    SHOW(fcntl(got, F_GETFL));
    SHOW(accept4(listener, nullptr, nullptr, 1));
    show_name("accepted", got, getsockname);
    show_name("its peer", got, getpeername);
    show_name("peer of client", fd, getpeername);
    SHOW(read(got, buffer, sizeof buffer));
    SHOW(sendto(fd, "x", 1, 0, name.get(), name.length));
    SHOW(sendto(second, "x", 1, MSG_NOSIGNAL, name.get(), name.length));
    SHOW(connect(second, name.get(), name.length));
    length = sizeof from;
    SHOW(send(got, "abc", 3, 0));
    SHOW(recvfrom(fd, buffer, 2, MSG_PEEK, reinterpret_cast<sockaddr*>(&from), &length));
    say("from %u %s\n", length, from.sun_path);
    SHOW(recv(fd, buffer, 10, 0));
    SHOW(recv(fd, buffer, 10, MSG_DONTWAIT));
    SHOW(recv(fd, buffer, 10, MSG_OOB | MSG_DONTWAIT));
    // Closing with bytes that nobody read resets the other end.
    SHOW(write(fd, "unread", 6));
    int pending = 0;
    SHOW(ioctl(got, FIONREAD, &pending));
    say("pending %d\n", pending);
    SHOW(close(got));
    say("reset %x\n", events_of(fd));
    SHOW(read(fd, buffer, 1));
    SHOW(read(fd, buffer, 1));
    SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
    in_child("SIGPIPE", [&] { return write(fd, "x", 1) < 0 ? 1 : 0; });
    // A listener that goes resets who waits.
    SHOW(close(listener));
    say("abandoned %x\n", events_of(second));
    SHOW(read(second, buffer, 1));
    int third = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(third, name.get(), name.length));
    int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(unlink("here"));
    SHOW(bind(datagram, name.get(), name.length));
    SHOW(connect(third, name.get(), name.length));
    const Name file("plain");
    write_file("plain", "x");
    SHOW(connect(third, file.get(), file.length));
    SHOW(listen(datagram, 1));
    SHOW(accept(datagram, nullptr, nullptr));
    for (int d : {fd, second, third, datagram}) close(d);
}

void abstract_names() {
    const Name name(std::string("\0linnet\0test", 12));
    int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind(a, name.get(), name.length));
    show_name("abstract", a, getsockname);
    SHOW(bind(b, name.get(), name.length));
    SHOW(bind(a, name.get(), name.length));
    SHOW(connect(b, name.get(), name.length));
    SHOW(listen(a, 5));
    SHOW(connect(b, name.get(), name.length - 1));
    SHOW(connect(b, name.get(), name.length));
    int d = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(connect(d, name.get(), name.length));
    SHOW(bind(d, name.get(), 2));
    sockaddr_un given{};
    socklen_t length = sizeof given;
    SHOW(getsockname(d, reinterpret_cast<sockaddr*>(&given), &length));
    say("automatic: %u, %d\n", length, given.sun_path[0]);
    const std::string table = read_file("/proc/net/unix");
    say("in the table: %d\n", table.find("@linnet@test\n") != std::string::npos);
    SHOW(close(a));
    a = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(bind(a, name.get(), name.length));
    for (int fd : {a, b, d}) close(fd);
}

void shutting() {
    int pair[2];
    char buffer[10];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SHOW(shutdown(pair[0], 3));
    SHOW(shutdown(pair[0], SHUT_WR));
    say("shut: %x %x\n", events_of(pair[0]), events_of(pair[1]));
    SHOW(read(pair[1], buffer, 1));
    SHOW(send(pair[0], "x", 1, MSG_NOSIGNAL));
    SHOW(write(pair[1], "back", 4));
    SHOW(read(pair[0], buffer, 10));
    SHOW(shutdown(pair[1], SHUT_WR));
    say("both: %x %x\n", events_of(pair[0]), events_of(pair[1]));
    close(pair[0]);
    close(pair[1]);
    for (int type : {SOCK_DGRAM, SOCK_SEQPACKET}) {
        SHOW(socketpair(AF_UNIX, type, 0, pair));
        SHOW(shutdown(pair[0], SHUT_RD));
        SHOW(recv(pair[0], buffer, 1, MSG_DONTWAIT));
        SHOW(recv(pair[0], buffer, 1, 0));
        SHOW(write(pair[1], "x", 1));
        say("shut: %x %x\n", events_of(pair[0]), events_of(pair[1]));
        SHOW(close(pair[0]));
        SHOW(write(pair[1], "x", 1));
        SHOW(write(pair[1], "x", 1));
        SHOW(recv(pair[1], buffer, 1, MSG_DONTWAIT));
        say("closed: %x\n", events_of(pair[1]));
        close(pair[1]);
    }
}

void blocking() {
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        std::vector<char> big(3000000, 'b');
        _exit(write(pair[1], big.data(), big.size()) == 3000000 ? 0 : 1);
    }
    close(pair[1]);
    std::vector<char> all(2000000);
    SHOW(recv(pair[0], all.data(), all.size(), MSG_WAITALL));
    long total = 0;
    for (long got; (got = read(pair[0], all.data(), 70000)) > 0;) total += got;
    int status;
    waitpid(child, &status, 0);
    say("rest %ld, exit %d\n", total, WEXITSTATUS(status));
    close(pair[0]);

    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    int ep = epoll_create1(0);
    epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLET, {}};
    epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e);
    SHOW(epoll_wait(ep, &e, 1, 0));
    say("events %x\n", e.events);
    SHOW(epoll_wait(ep, &e, 1, 0));
    while (write(pair[0], all.data(), 1000) > 0) {}
    SHOW(write(pair[0], all.data(), 1000));
    say("full %x\n", events_of(pair[0]));
    while (read(pair[1], all.data(), 100000) > 0) {}
    SHOW(epoll_wait(ep, &e, 1, 1000));
    say("events %x\n", e.events);
    SHOW(write(pair[1], "x", 1));
    SHOW(epoll_wait(ep, &e, 1, 1000));
    say("events %x\n", e.events);
    for (int fd : {pair[0], pair[1], ep}) close(fd);
}

}  // namespace

int main() {
    creation();
    options();
    streams();
    abstract_names();
    shutting();
    blocking();
    return 0;
}
