// process_vm_readv, process_vm_writev, kcmp.
#include "show.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <csignal>

static char text[64] = "the parent's text";
static const char constant[16] = "constant";

static long compare(pid_t a, pid_t b, int type, unsigned long first = 0, unsigned long second = 0) {
    errno = 0;
    long result = syscall(SYS_kcmp, a, b, type, first, second);
    return result > 0 ? 1 : result;
}

// The vDSO of another process can be read, and stays what it is; the kernel's data beside it cannot.
static void vdso_of(pid_t child) {
    const unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
    char magic[4] = {}, page[4096];
    struct iovec local = {magic, 4}, remote = {reinterpret_cast<void*>(vdso), 4};
    SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
    say("%d\n", memcmp(magic, "\177ELF", 4));
    const int fd = open(("/proc/" + std::to_string(child) + "/mem").c_str(), O_RDONLY);
    SHOW(pread(fd, magic, 4, static_cast<off_t>(vdso)));
    SHOW(pread(fd, magic, 4, static_cast<off_t>(vdso - 4096)));
    close(fd);
    remote = {reinterpret_cast<void*>(vdso - 4096), 4};
    SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
    // Was the page given up by reading it, somebody would have got it by now.
    for (int i = 0; i < 200; i++) {
        const size_t size = 16 * 4096;
        void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        local = {page, sizeof page};
        remote = {reinterpret_cast<void*>(vdso), sizeof page};
        process_vm_readv(child, &local, 1, &remote, 1, 0);
        if (i % 2 == 0) munmap(memory, size);
    }
    SHOW(memcmp(page, reinterpret_cast<void*>(vdso), sizeof page));
}

int main() {
    int ends[2];
    SHOW(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        strcpy(text, "the child's text");
        if (write(ends[1], "", 1) != 1) _exit(1);
        for (;;) pause();
    }
    char byte;
    SHOW(read(ends[0], &byte, 1));
    char buffer[64] = {}, second[8] = {};
    struct iovec local[2] = {{second, 4}, {buffer, 20}};
    struct iovec remote[2] = {{text, 10}, {text + 10, 7}};
    SHOW(process_vm_readv(child, local, 2, remote, 2, 0));
    say("%s|%s\n", second, buffer);
    SHOW(process_vm_readv(child, local, 1, remote, 2, 0));
    strcpy(buffer, "written");
    local[0] = {buffer, 8};
    SHOW(process_vm_writev(child, local, 1, remote, 2, 0));
    memset(buffer, 0, sizeof buffer);
    SHOW(process_vm_readv(child, local, 1, remote, 1, 0));
    say("%s\n", buffer);
    void* page = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    remote[1] = {page, 8};
    SHOW(process_vm_readv(child, local, 1, &remote[1], 1, 0));
    local[0] = {buffer, 24};
    SHOW(process_vm_readv(child, local, 1, remote, 2, 0));
    remote[0] = {const_cast<char*>(constant), 8};
    SHOW(process_vm_writev(child, local, 1, remote, 1, 0));
    SHOW(process_vm_readv(child, local, 1, remote, 1, 1));
    SHOW(process_vm_readv(99999, local, 1, remote, 1, 0));
    SHOW(process_vm_readv(99999, local, 0, remote, 1, 0));
    SHOW(process_vm_readv(child, local, 1025, remote, 1, 0));
    SHOW(process_vm_readv(child, local, 1, remote, 1025, 0));
    SHOW(process_vm_readv(child, nullptr, 1, remote, 1, 0));
    SHOW(process_vm_readv(child, local, 1, nullptr, 1, 0));

    vdso_of(child);

    pid_t self = getpid();
    SHOW(compare(self, self, KCMP_VM));
    SHOW(compare(self, child, KCMP_VM));
    SHOW(compare(self, child, KCMP_FILES));
    SHOW(compare(self, child, KCMP_FS));
    SHOW(compare(self, child, KCMP_SIGHAND));
    SHOW(compare(self, self, KCMP_SIGHAND));
    SHOW(compare(self, child, KCMP_SYSVSEM));
    SHOW(compare(self, child, KCMP_FILE, ends[0], ends[0]));
    SHOW(compare(self, child, KCMP_FILE, ends[0], ends[1]));
    SHOW(compare(self, self, KCMP_FILE, dup(ends[0]), ends[0]));
    SHOW(compare(self, child, KCMP_FILE, 999, ends[1]));
    SHOW(compare(self, child, 99));
    SHOW(compare(self, 99999, KCMP_VM));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return 0;
}
