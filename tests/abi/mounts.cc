// mount, umount2, pivot_root, chroot, statfs: the checks that need no privilege to see.
#include "show.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

int main() {
    struct statfs s;
    mkdir("m", 0755);
    SHOW(statfs("/proc", &s));
    say("proc %lx name %ld\n", static_cast<long>(s.f_type), static_cast<long>(s.f_namelen));
    SHOW(statfs("absent", &s));
    SHOW(fstatfs(99, &s));
    int ends[2];
    SHOW(pipe(ends));
    SHOW(fstatfs(ends[0], &s));
    say("pipe %lx\n", static_cast<long>(s.f_type));
    SHOW(umount2("m", 0x100));
    SHOW(umount2("absent", 0));
    SHOW(chroot("absent"));
    SHOW(mount("none", "absent", "tmpfs", 0, nullptr));
    SHOW(syscall(SYS_mount, 8, "m", "tmpfs", 0, 0));
    in_child("without privilege", [] {
        if (getuid() == 0 && setuid(65534) != 0) return 1;
        SHOW(mount("none", "/proc", "tmpfs", 0, nullptr));
        SHOW(umount2("/proc", 0));
        SHOW(chroot("/"));
        SHOW(syscall(SYS_pivot_root, "/", "/proc"));
        return 0;
    });
    return 0;
}
