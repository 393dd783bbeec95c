// System V shared memory: keys, permissions, attaching, fork, removal while attached, shmctl, errors.
#include "show.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

namespace {

void status(const char* what, int id) {
    shmid_ds d;
    if (shmctl(id, IPC_STAT, &d) != 0) {
        say("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    say("%s: size %zu, attached %lu, mode %o, uid %u, gid %u, cuid %u, creator %d, times %d%d\n", what, d.shm_segsz,
        static_cast<unsigned long>(d.shm_nattch), d.shm_perm.mode, d.shm_perm.uid, d.shm_perm.gid, d.shm_perm.cuid,
        d.shm_cpid == getpid(), d.shm_atime != 0, d.shm_ctime != 0);
}
void* attach(int id, const void* where, int flags) {
    void* at = shmat(id, where, flags);
    if (at == reinterpret_cast<void*>(-1)) {
        say("shmat(%x): %s\n", static_cast<unsigned>(flags), strerrorname_np(errno));
        return nullptr;
    }
    return at;
}

}  // namespace

int main() {
    const key_t key = 0x4c696e6e;
    int old = shmget(key, 0, 0);
    if (old >= 0) shmctl(old, IPC_RMID, nullptr);
    SHOW(shmget(key, 0, 0));
    int id;
    SHOW_OK(id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640));
    status("new", id);
    SHOW(shmget(key, 10000, 0) == id);
    SHOW(shmget(key, 100, IPC_CREAT | 0600) == id);
    SHOW(shmget(key, 10000, IPC_CREAT | IPC_EXCL));
    SHOW(shmget(key, 20000, 0));
    SHOW(shmget(IPC_PRIVATE, 0, 0600));

    char* a = static_cast<char*>(attach(id, nullptr, 0));
    char* b = static_cast<char*>(attach(id, nullptr, SHM_RDONLY));
    status("twice", id);
    say("zero: %d %d\n", a[0], b[12287]);
    strcpy(a + 5000, "shared");
    say("%s\n", b + 5000);
    SHOW(mprotect(b, 4096, PROT_READ | PROT_WRITE));
    in_child("write to a read-only attachment", [&] {
        *const_cast<volatile char*>(b) = 1;
        return 0;
    });
    in_child("child", [&] {
        status("in the child", id);
        strcat(a + 5000, " by fork");
        say("detach: %d\n", shmdt(b));
        status("after detaching", id);
        return 0;
    });
    say("%s\n", b + 5000);
    status("after the child", id);
    // A hole in an attachment makes two mappings of it.
    SHOW(munmap(a + 4096, 4096));
    status("with a hole", id);
    SHOW(shmdt(a + 4096));
    SHOW(shmdt(a + 1));
    SHOW(shmdt(a));
    SHOW(shmdt(a));
    status("once", id);

    // At an address.
    char* room = static_cast<char*>(mmap(nullptr, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    attach(id, room, 0);
    say("remap: %d\n", attach(id, room, SHM_REMAP) == room);
    SHOW(shmdt(room));
    say("rounded: %d\n", attach(id, room + 100, SHM_RND) == room);
    SHOW(shmdt(room));
    attach(id, room + 100, 0);
    attach(id, nullptr, SHM_REMAP);
    attach(id, reinterpret_cast<void*>(100), SHM_RND | SHM_REMAP);
    {
        const int unused = shmget(IPC_PRIVATE, 4096, 0600);
        alignas(4096) static char taken[4096];
        attach(unused, taken, 0);
        shmid_ds never;
        SHOW(shmctl(unused, IPC_STAT, &never));
        say("last %d, attached %d, detached %d\n", never.shm_lpid, never.shm_atime != 0, never.shm_dtime != 0);
        SHOW(shmctl(unused, IPC_RMID, nullptr));
    }
    attach(-1, nullptr, 0);
    attach(id + 12345, nullptr, 0);

    // Removed while attached: gone with the last one.
    shmid_ds d;
    SHOW(shmctl(id, IPC_STAT, &d));
    say("last %d, detached %d\n", d.shm_lpid == getpid(), d.shm_dtime != 0);
    d.shm_perm.mode = 0600;
    d.shm_perm.uid = 1000;
    SHOW(shmctl(id, IPC_SET, &d));
    status("set", id);
    in_child("another user", [&] {
        if (setgid(2000) != 0 || setuid(2000) != 0) return 1;
        SHOW(shmctl(id, IPC_STAT, &d));
        SHOW(shmctl(id, IPC_RMID, nullptr));
        SHOW(shmctl(id, IPC_SET, &d));
        SHOW(shmctl(id, SHM_LOCK, nullptr));
        attach(id, nullptr, SHM_RDONLY);
        SHOW(shmget(key, 0, 0400));
        SHOW(shmget(key, 0, 0) == id);
        return 0;
    });
    in_child("the owner", [&] {
        if (setgid(2000) != 0 || setuid(1000) != 0) return 1;
        SHOW(shmctl(id, IPC_STAT, &d));
        return attach(id, nullptr, 0) != nullptr ? 0 : 1;
    });
    SHOW(shmctl(id, SHM_LOCK, nullptr));
    status("locked", id);
    SHOW(shmctl(id, SHM_UNLOCK, nullptr));
    SHOW(shmctl(id, IPC_RMID, nullptr));
    status("removed", id);
    SHOW(shmget(key, 0, 0));
    say("%s\n", b + 5000);
    char* c = static_cast<char*>(attach(id, nullptr, 0));
    say("attached again: %s\n", c == nullptr ? "no" : c + 5000);
    SHOW(shmdt(c));
    SHOW(shmdt(b));
    status("gone", id);
    SHOW(shmctl(id, IPC_RMID, nullptr));

    // exit detaches.
    SHOW_OK(id = shmget(IPC_PRIVATE, 4096, 0600));
    in_child("exits attached", [&] { return attach(id, nullptr, 0) == nullptr; });
    status("after exit", id);
    SHOW(shmctl(id, IPC_STAT, reinterpret_cast<shmid_ds*>(8)));
    SHOW(shmctl(id, IPC_SET, reinterpret_cast<shmid_ds*>(8)));
    SHOW(shmctl(id, 99, &d));
    SHOW(shmctl(id, -1, &d));
    SHOW(shmctl(-1, IPC_STAT, &d));
    shminfo info;
    SHOW_OK(shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&info)));
    say("min %lu, segments %lu\n", info.shmmin, info.shmmni);
    shm_info usage;
    int greatest = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&usage));
    bool found = false;
    for (int i = 0; i <= greatest; i++) found = found || shmctl(i, SHM_STAT, &d) == id;
    say("found by place: %d\n", found);
    SHOW(shmctl(id, IPC_RMID, nullptr));
    return 0;
}
