// Rows: files and folders in tmpfs.
#include <dirent.h>
#include <sys/stat.h>

#include "bench.h"

namespace bench {
namespace {

void stat_file(long n) {
    Path path("bench-stat");
    close(open_checked(path, O_CREAT | O_RDWR));
    struct stat st;
    start();
    for (long i = 0; i < n; i++) CHECK(stat(path, &st) == 0);
}
void fstat_file(long n) {
    int fd = open_checked(Path("bench-stat"), O_CREAT | O_RDWR);
    struct stat st;
    start();
    for (long i = 0; i < n; i++) CHECK(fstat(fd, &st) == 0);
    close(fd);
}
void open_close(long n) {
    Path path("bench-open");
    close(open_checked(path, O_CREAT | O_RDWR));
    start();
    for (long i = 0; i < n; i++) close(open_checked(path, O_RDONLY));
}
void create_unlink(long n) {
    Path path("bench-create");
    start();
    for (long i = 0; i < n; i++) {
        close(open_checked(path, O_CREAT | O_EXCL | O_RDWR));
        CHECK(unlink(path) == 0);
    }
}
void file_read(long n, size_t size) {
    Path path("bench-read");
    int fd = open_checked(path, O_CREAT | O_TRUNC | O_RDWR);
    write_all(fd, g_buffer, sizeof(g_buffer));
    start();
    off_t at = 0;
    for (long i = 0; i < n; i++) {
        CHECK(pread(fd, g_buffer, size, at) == static_cast<ssize_t>(size));
        at = (at + static_cast<off_t>(size)) % static_cast<off_t>(sizeof(g_buffer));
    }
    Uncounted ending;
    close(fd);
    unlink(path);
}
void file_read_4k(long n) { file_read(n, 4096); }
void file_read_64k(long n) { file_read(n, 65536); }

// ---- A tree, walked as find(1) walks it -----------------------------------------------------------------------

constexpr int kFolders = 40, kFilesEach = 50;

// fn(path) for each folder (parents first if not `up`) and each file.
template <typename Fn>
void each_of_tree(const char* top, bool up, Fn fn) {
    if (!up) fn(top, true);
    for (int d = 0; d < kFolders; d++) {
        char folder[200], file[240];
        snprintf(folder, sizeof(folder), "%s/folder-%02d", top, d);
        if (!up) fn(folder, true);
        for (int f = 0; f < kFilesEach; f++) {
            snprintf(file, sizeof(file), "%s/a-file-number-%02d.txt", folder, f);
            fn(file, false);
        }
        if (up) fn(folder, true);
    }
    if (up) fn(top, true);
}

long walk(int folder_fd) {
    DIR* folder = fdopendir(folder_fd);
    CHECK(folder != nullptr);
    long seen = 0;
    while (dirent* entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        struct stat st;
        CHECK(fstatat(folder_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0);
        seen++;
        if (!S_ISDIR(st.st_mode)) continue;
        int below = openat(folder_fd, entry->d_name, O_RDONLY | O_DIRECTORY);
        CHECK(below >= 0);
        seen += walk(below);
    }
    closedir(folder);
    return seen;
}

void find_tree(long n) {
    Path top("bench-tree");
    each_of_tree(top, false, [](const char* path, bool folder) {
        if (folder) {
            CHECK(mkdir(path, 0755) == 0);
        } else {
            close(open_checked(path, O_CREAT | O_EXCL | O_WRONLY));
        }
    });
    constexpr long kEntries = kFolders * (kFilesEach + 1);
    start();
    for (long i = 0; i < n; i += kEntries) CHECK(walk(open_checked(top, O_RDONLY | O_DIRECTORY)) == kEntries);
    Uncounted ending;
    each_of_tree(top, true, [](const char* path, bool folder) { CHECK((folder ? rmdir : unlink)(path) == 0); });
}

constexpr Row kRows[] = {
    {"stat", "stat() of a file in tmpfs", 10000, stat_file, By::kInstructions, true},
    {"fstat", "fstat() of the same", 10000, fstat_file},
    {"open-close", "open() and close() of the same", 5000, open_close, By::kInstructions, true},
    {"create-unlink", "create and remove a file in tmpfs", 2000, create_unlink, By::kInstructions, true},
    {"read-tmpfs-4k", "read 4 KiB of a file in tmpfs", 5000, file_read_4k, By::kWallClock, true},
    {"read-tmpfs-64k", "read 64 KiB of a file in tmpfs", 1000, file_read_64k, By::kWallClock},
    {"find", "an entry of a tree of 2040, listed and stat()ed", 8160, find_tree, By::kInstructions, true},
};

}  // namespace
constinit const std::span<const Row> kFileRows = kRows;
}  // namespace bench
