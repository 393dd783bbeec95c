// name_to_handle_at, open_by_handle_at on tmpfs.
#include "show.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace {

struct Handle {
    struct file_handle head;
    unsigned char bytes[128];
};

Handle handle_of(const char* path, int flags = 0) {
    Handle h = {};
    int mount = -1;
    h.head.handle_bytes = sizeof h.bytes;
    if (name_to_handle_at(AT_FDCWD, path, &h.head, &mount, flags) != 0) say("%s: %s\n", path, strerrorname_np(errno));
    return h;
}

void show_content(int fd) {
    char text[16] = {};
    if (fd < 0) return;
    read(fd, text, sizeof text - 1);
    say("content %s\n", text);
    close(fd);
}

}  // namespace

int main() {
    unshare(CLONE_NEWNS);
    mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr);
    mkdir("m", 0755);
    SHOW(mount("m", "m", "tmpfs", 0, nullptr));
    chdir("m");
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    write_file("a/b/file", "inside");
    symlink("a/b/file", "link");
    Handle h = {};
    int mount_id = -1, other_id = -2;
    h.head.handle_bytes = 0;
    SHOW(name_to_handle_at(AT_FDCWD, "a/b/file", &h.head, &mount_id, 0));
    say("needs %u bytes\n", h.head.handle_bytes);
    SHOW(name_to_handle_at(AT_FDCWD, "a/b/file", &h.head, &mount_id, 0));
    say("type %d\n", h.head.handle_type);
    h.head.handle_bytes = 129;
    SHOW(name_to_handle_at(AT_FDCWD, "a/b/file", &h.head, &mount_id, 0));
    SHOW(name_to_handle_at(AT_FDCWD, "absent", &h.head, &mount_id, 0));
    SHOW(name_to_handle_at(AT_FDCWD, "", &h.head, &mount_id, 0));
    SHOW(name_to_handle_at(AT_FDCWD, "a", &h.head, &mount_id, 0x40000000));
    SHOW(name_to_handle_at(AT_FDCWD, "a", nullptr, &mount_id, 0));
    SHOW(name_to_handle_at(99, "a", &h.head, &mount_id, 0));
    int fd = open("a", O_RDONLY | O_DIRECTORY);
    h.head.handle_bytes = sizeof h.bytes;
    SHOW(name_to_handle_at(fd, "", &h.head, &other_id, AT_EMPTY_PATH));
    say("one mount: %d\n", mount_id == other_id);
    h.head.handle_bytes = sizeof h.bytes;
    SHOW(name_to_handle_at(AT_FDCWD, "/proc/self/status", &h.head, &mount_id, 0));

    h = handle_of("a/b/file");
    show_content(static_cast<int>(SHOW_OK(open_by_handle_at(fd, &h.head, O_RDONLY))));
    Handle same = handle_of("link", AT_SYMLINK_FOLLOW);
    say("the link leads there: %d\n", memcmp(&h, &same, sizeof h) == 0);
    SHOW(rename("a/b/file", "moved"));
    show_content(static_cast<int>(SHOW_OK(open_by_handle_at(fd, &h.head, O_RDONLY))));
    show_content(static_cast<int>(SHOW_OK(open_by_handle_at(AT_FDCWD, &h.head, O_RDONLY))));
    SHOW(open_by_handle_at(99, &h.head, O_RDONLY));
    SHOW(open_by_handle_at(fd, nullptr, O_RDONLY));
    SHOW(open_by_handle_at(fd, &h.head, O_RDONLY | O_DIRECTORY));
    Handle folder = handle_of("a/b");
    int below = static_cast<int>(SHOW_OK(open_by_handle_at(fd, &folder.head, O_RDONLY)));
    SHOW(openat(below, "file", O_CREAT | O_WRONLY, 0600) >= 0);
    SHOW(open_by_handle_at(fd, &folder.head, O_WRONLY));
    Handle link = handle_of("link");
    SHOW(open_by_handle_at(fd, &link.head, O_RDONLY));
    int path = static_cast<int>(SHOW_OK(open_by_handle_at(fd, &link.head, O_PATH)));
    struct stat st;
    fstat(path, &st);
    say("a link: %d\n", S_ISLNK(st.st_mode));
    Handle broken = h;
    broken.head.handle_bytes = 0;
    SHOW(open_by_handle_at(fd, &broken.head, O_RDONLY));
    broken.head.handle_bytes = 129;
    SHOW(open_by_handle_at(fd, &broken.head, O_RDONLY));
    broken = h;
    broken.bytes[10] ^= 0x55;
    SHOW(open_by_handle_at(fd, &broken.head, O_RDONLY));
    SHOW(unlink("moved"));
    SHOW(open_by_handle_at(fd, &h.head, O_RDONLY));
    in_child("without privilege", [&] {
        setuid(65534);
        SHOW(open_by_handle_at(fd, &folder.head, O_RDONLY));
        return 0;
    });
    return 0;
}
