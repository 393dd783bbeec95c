// sendfile, copy_file_range: offsets, ends, which files go, errors.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void content(const char* name) { say("%s: %s\n", name, read_file(name).c_str()); }

int main() {
    write_file("from", "0123456789");
    int from = open("from", O_RDWR), to = open("to", O_RDWR | O_CREAT, 0600);
    int reads = open("from", O_RDONLY), writes = open("to", O_WRONLY), appends = open("to", O_WRONLY | O_APPEND);
    int folder = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    int ends[2];
    SHOW(pipe(ends));

    say("sendfile\n");
    SHOW(sendfile(to, from, nullptr, 4));
    SHOW(lseek(from, 0, SEEK_CUR));
    SHOW(lseek(to, 0, SEEK_CUR));
    off_t at = 6;
    SHOW(sendfile(to, from, &at, 100));
    SHOW(at);
    SHOW(lseek(from, 0, SEEK_CUR));
    SHOW(sendfile(to, from, &at, 100));
    SHOW(sendfile(to, from, nullptr, 0));
    content("to");
    at = -1;
    SHOW(sendfile(to, from, &at, 1));
    at = 2;
    SHOW(sendfile(ends[1], from, &at, 3));
    char text[16] = {};
    SHOW(read(ends[0], text, 15));
    say("%s\n", text);
    SHOW(sendfile(null, from, nullptr, 2));
    SHOW(sendfile(reads, from, nullptr, 1));
    SHOW(sendfile(to, writes, nullptr, 1));
    SHOW(sendfile(appends, from, nullptr, 1));
    SHOW(sendfile(to, 99, nullptr, 1));
    SHOW(sendfile(99, from, nullptr, 1));
    SHOW(sendfile(to, ends[0], &at, 1));
    SHOW(syscall(SYS_sendfile, to, from, 8, 1));
    SHOW(ftruncate(to, 0));

    say("copy_file_range\n");
    SHOW(copy_file_range(from, nullptr, memfd_create("x", 0), nullptr, 1, 0));
    lseek(from, 0, SEEK_SET);
    lseek(to, 0, SEEK_SET);
    SHOW(copy_file_range(from, nullptr, to, nullptr, 3, 0));
    SHOW(lseek(from, 0, SEEK_CUR));
    SHOW(lseek(to, 0, SEEK_CUR));
    loff_t in = 8, out = 5;
    SHOW(copy_file_range(from, &in, to, &out, 100, 0));
    SHOW(in);
    SHOW(out);
    SHOW(lseek(to, 0, SEEK_CUR));
    SHOW(copy_file_range(from, &in, to, &out, 100, 0));
    struct stat st;
    SHOW(fstat(to, &st));
    SHOW(st.st_size);
    // Within one file: beside each other, but not over each other.
    in = 0, out = 5;
    SHOW(copy_file_range(from, &in, from, &out, 5, 0));
    content("from");
    in = 0, out = 4;
    SHOW(copy_file_range(from, &in, from, &out, 5, 0));
    in = 0, out = 0;
    SHOW(copy_file_range(from, &in, to, &out, 0, 0));
    SHOW(copy_file_range(from, &in, to, &out, 1, 1));
    SHOW(copy_file_range(99, &in, to, &out, 1, 0));
    SHOW(copy_file_range(from, &in, 99, &out, 1, 0));
    SHOW(copy_file_range(from, &in, reads, &out, 1, 0));
    SHOW(copy_file_range(writes, &in, to, &out, 1, 0));
    SHOW(copy_file_range(from, &in, appends, &out, 1, 0));
    SHOW(copy_file_range(folder, nullptr, to, nullptr, 1, 0));
    SHOW(copy_file_range(from, nullptr, folder, nullptr, 1, 0));
    SHOW(copy_file_range(null, nullptr, to, nullptr, 1, 0));
    SHOW(copy_file_range(from, nullptr, ends[1], nullptr, 1, 0));
    in = -1;
    SHOW(copy_file_range(from, &in, to, &out, 1, 0));
    in = 0;
    SHOW(syscall(SYS_copy_file_range, from, 8, to, nullptr, 1, 0));

    // More than a page.
    std::string block(300000, 'x');
    int large = open("large", O_RDWR | O_CREAT, 0600), twin = open("twin", O_RDWR | O_CREAT, 0600);
    SHOW(write(large, block.data(), block.size()));
    lseek(large, 0, SEEK_SET);
    SHOW(copy_file_range(large, nullptr, twin, nullptr, block.size() + 10, 0));
    at = 1;
    SHOW(sendfile(twin, large, &at, block.size()));
    SHOW(read_file("twin") == block + block.substr(1));
    return 0;
}
