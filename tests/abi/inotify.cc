// inotify: events of files and folders with names and cookies, flags of watches, limits, errors.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <climits>
#include <map>

namespace {

std::map<unsigned, int> cookies;

void print_mask(unsigned mask) {
    struct Bit {
        unsigned bit;
        const char* name;
    };
    static const Bit bits[] = {{IN_ACCESS, "ACCESS"},
                               {IN_MODIFY, "MODIFY"},
                               {IN_ATTRIB, "ATTRIB"},
                               {IN_CLOSE_WRITE, "CLOSE_WRITE"},
                               {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
                               {IN_OPEN, "OPEN"},
                               {IN_MOVED_FROM, "MOVED_FROM"},
                               {IN_MOVED_TO, "MOVED_TO"},
                               {IN_CREATE, "CREATE"},
                               {IN_DELETE, "DELETE"},
                               {IN_DELETE_SELF, "DELETE_SELF"},
                               {IN_MOVE_SELF, "MOVE_SELF"},
                               {IN_UNMOUNT, "UNMOUNT"},
                               {IN_Q_OVERFLOW, "Q_OVERFLOW"},
                               {IN_IGNORED, "IGNORED"},
                               {IN_ISDIR, "ISDIR"}};
    for (const Bit& b : bits) {
        if (mask & b.bit) say(" %s", b.name);
    }
}

// All that comes within a moment.
void drain(const char* what, int fd) {
    say("-- %s\n", what);
    alignas(inotify_event) char buffer[8192];
    pollfd p = {fd, POLLIN, 0};
    while (poll(&p, 1, 100) > 0) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n <= 0) {
            say("read: %s\n", strerrorname_np(errno));
            return;
        }
        for (char* at = buffer; at < buffer + n;) {
            inotify_event* e = reinterpret_cast<inotify_event*>(at);
            say("%d:", e->wd);
            print_mask(e->mask);
            if (e->cookie != 0) {
                int number = static_cast<int>(cookies.size()) + 1;
                say(" cookie %d", cookies.emplace(e->cookie, number).first->second);
            }
            if (e->len != 0) say(" '%s' (%u)", e->name, e->len);
            say("\n");
            at += sizeof(inotify_event) + e->len;
        }
    }
}

void touch(const char* path, const char* text) {
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (write(fd, text, strlen(text)) < 0) say("write failed\n");
    close(fd);
}

}  // namespace

int main() {
    int fd;
    SHOW_OK(fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(inotify_init1(1));
    char small[64];
    SHOW(read(fd, small, sizeof small));
    SHOW(write(fd, small, 1));

    SHOW(mkdir("dir", 0700));
    SHOW(mkdir("other", 0700));
    SHOW(inotify_add_watch(fd, "dir", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(fd, "other", IN_MOVE | IN_DELETE));
    touch("dir/file", "hello");
    drain("create and write", fd);
    int file = open("dir/file", O_RDWR);
    char c;
    (void)!read(file, &c, 1);
    (void)!read(file, &c, 1);
    (void)!pread(file, &c, 1, 0);
    (void)!pwrite(file, "x", 1, 0);
    (void)!ftruncate(file, 3);
    fchmod(file, 0640);
    timespec times[2] = {{1, 0}, {2, 0}};
    futimens(file, times);
    times[0].tv_nsec = UTIME_OMIT;
    futimens(file, times);
    times[0].tv_nsec = 0, times[1].tv_nsec = UTIME_OMIT;
    futimens(file, times);
    close(file);
    drain("an open file", fd);
    truncate("dir/file", 10);
    close(open("dir/file", O_WRONLY));
    close(open("dir/file", O_RDONLY));
    close(open("dir/file", O_PATH));
    struct stat st;
    stat("dir/file", &st);
    access("dir/file", R_OK);
    drain("truncate, open, stat", fd);

    SHOW(inotify_add_watch(fd, "dir/file", IN_ALL_EVENTS));
    chmod("dir/file", 0600);
    link("dir/file", "dir/second");
    rename("dir/second", "dir/third");
    rename("dir/third", "other/fourth");
    drain("file, links, renames", fd);
    unlink("other/fourth");
    drain("unlink of a link", fd);
    touch("dir/victim", "");
    drain("victim", fd);
    rename("dir/victim", "dir/file");
    drain("renamed over", fd);
    mkdir("dir/sub", 0700);
    rmdir("dir/sub");
    symlink("x", "dir/link");
    mkfifo("dir/fifo", 0600);
    mkdir("dir/moving", 0700);
    rename("dir/moving", "other/moved");
    rmdir("other/moved");
    drain("folders", fd);
    rename("dir/link", "dir/fifo");
    unlink("dir/fifo");
    drain("odd files", fd);

    SHOW(inotify_add_watch(fd, "dir", IN_CREATE | IN_ONESHOT));
    touch("dir/a", "");
    touch("dir/b", "");
    drain("oneshot", fd);
    SHOW(inotify_rm_watch(fd, 1));
    int wd;
    SHOW(wd = inotify_add_watch(fd, "dir", IN_CREATE));
    SHOW(inotify_add_watch(fd, "dir", IN_DELETE | IN_MASK_ADD) == wd);
    SHOW(inotify_add_watch(fd, "dir", IN_DELETE | IN_MASK_CREATE));
    touch("dir/c", "");
    unlink("dir/c");
    drain("two kinds", fd);
    SHOW(inotify_add_watch(fd, "dir", IN_DELETE) == wd);
    touch("dir/c", "");
    unlink("dir/c");
    drain("one kind", fd);
    SHOW(inotify_rm_watch(fd, wd));
    SHOW(inotify_rm_watch(fd, wd));
    drain("removed", fd);

    // Files that are deleted but open.
    SHOW(inotify_add_watch(fd, "dir", IN_MODIFY | IN_EXCL_UNLINK));
    touch("dir/open", "1");
    drain("before", fd);
    file = open("dir/open", O_WRONLY);
    int self;
    SHOW(self = inotify_add_watch(fd, "dir/open", IN_ALL_EVENTS));
    unlink("dir/open");
    (void)!write(file, "2", 1);
    drain("deleted but open", fd);
    close(file);
    drain("closed", fd);
    SHOW(inotify_rm_watch(fd, self));

    // A watched folder goes.
    SHOW(mkdir("gone", 0700));
    SHOW(inotify_add_watch(fd, "gone", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(fd, ".", IN_DELETE | IN_MOVE));
    rename("gone", "going");
    rmdir("going");
    drain("folder", fd);

    // Reading: whole events, or none.
    touch("dir/somewhat-long-name", "x");
    int pending = 0;
    SHOW(ioctl(fd, FIONREAD, &pending));
    say("pending %d\n", pending);
    SHOW(read(fd, small, 20));
    SHOW(read(fd, small, 48));
    SHOW(read(fd, small, sizeof small));

    // epoll.
    int set = epoll_create1(0);
    epoll_event event = {EPOLLIN, {.u32 = 7}};
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    SHOW(epoll_wait(set, &event, 1, 0));
    touch("dir/file", "y");
    SHOW(epoll_wait(set, &event, 1, 1000));
    say("events %x\n", event.events);
    drain("after epoll", fd);

    // Attributes of the folder, listing it, extended attributes.
    SHOW(mkdir("attr", 0700));
    int attr;
    SHOW_OK(attr = inotify_add_watch(fd, "attr", IN_ALL_EVENTS));
    (void)attr;
    chmod("attr", 0755);
    chown("attr", 1, 2);
    setxattr("attr", "trusted.x", "1", 1, 0);
    int dir = open("attr", O_RDONLY | O_DIRECTORY);
    close(dir);
    drain("a folder itself", fd);

    // Errors.
    SHOW(inotify_add_watch(fd, "nowhere", IN_OPEN));
    SHOW(inotify_add_watch(fd, "dir", 0));
    SHOW(inotify_add_watch(fd, "dir", 0x1000));
    SHOW(inotify_add_watch(fd, "dir/file", IN_OPEN | IN_ONLYDIR));
    SHOW(inotify_add_watch(fd, "dir", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
    SHOW(inotify_add_watch(0, "dir", IN_OPEN));
    SHOW(inotify_add_watch(-1, "dir", IN_OPEN));
    SHOW(inotify_add_watch(fd, reinterpret_cast<char*>(8), IN_OPEN));
    SHOW(inotify_rm_watch(fd, 999));
    SHOW(inotify_rm_watch(0, 1));
    symlink("dir", "to-dir");
    SHOW(inotify_add_watch(fd, "to-dir", IN_OPEN | IN_DONT_FOLLOW | IN_ONLYDIR));
    in_child("no permission", [&] {
        chmod("other", 0300);
        if (setuid(1000) != 0) return 2;
        return inotify_add_watch(fd, "other", IN_OPEN) < 0 ? errno == EACCES ? 0 : 3 : 1;
    });

    // Too many events.
    int full = inotify_init1(IN_NONBLOCK);
    SHOW(inotify_add_watch(full, "dir/file", IN_ATTRIB | IN_OPEN));
    for (int i = 0; i < 20000; i++) {
        chmod("dir/file", 0600);
        close(open("dir/file", O_RDONLY));
    }
    long count = 0;
    static char big[1 << 20];
    ssize_t n = read(full, big, sizeof big);
    for (ssize_t at = 0; at < n; at += 16) {
        inotify_event* e = reinterpret_cast<inotify_event*>(big + at);
        count++;
        if (e->mask & IN_Q_OVERFLOW) say("overflow: wd %d, len %u, after %ld\n", e->wd, e->len, count);
    }
    say("%ld events\n", count);
    chmod("dir/file", 0600);
    drain("and again", full);
    SHOW(close(full));
    char link[64] = {};
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    SHOW(readlink(path, link, sizeof link - 1));
    say("%s\n", link);
    return 0;
}
