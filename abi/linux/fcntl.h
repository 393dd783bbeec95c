// open, fcntl, *at, flock, fallocate, memfd, close_range, splice: flags and struct flock.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/asm-generic/fcntl.h, linux/{fcntl,openat2,falloc,memfd,close_range,fs,splice}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// open: access mode and flags.
inline constexpr int O_ACCMODE = 00000003;
inline constexpr int O_RDONLY = 00000000;
inline constexpr int O_WRONLY = 00000001;
inline constexpr int O_RDWR = 00000002;
inline constexpr int O_CREAT = 00000100;
inline constexpr int O_EXCL = 00000200;
inline constexpr int O_NOCTTY = 00000400;
inline constexpr int O_TRUNC = 00001000;
inline constexpr int O_APPEND = 00002000;
inline constexpr int O_NONBLOCK = 00004000;
inline constexpr int O_DSYNC = 00010000;
inline constexpr int O_DIRECT = 00040000;
inline constexpr int O_NOTIFICATION_PIPE = 00000200;  // pipe2 alone: O_EXCL's bit
inline constexpr int O_LARGEFILE = 00100000;
inline constexpr int O_DIRECTORY = 00200000;
inline constexpr int O_NOFOLLOW = 00400000;
inline constexpr int O_NOATIME = 01000000;
inline constexpr int O_CLOEXEC = 02000000;
inline constexpr int O_SYNC = 04010000;
inline constexpr int O_PATH = 010000000;
inline constexpr int O_TMPFILE = 020200000;
inline constexpr int O_NDELAY = 04000;
inline constexpr int FASYNC = 00020000;

// fcntl: commands.
inline constexpr int F_DUPFD = 0;
inline constexpr int F_GETFD = 1;
inline constexpr int F_SETFD = 2;
inline constexpr int F_GETFL = 3;
inline constexpr int F_SETFL = 4;
inline constexpr int F_GETLK = 5;
inline constexpr int F_SETLK = 6;
inline constexpr int F_SETLKW = 7;
inline constexpr int F_SETOWN = 8;
inline constexpr int F_GETOWN = 9;
inline constexpr int F_SETSIG = 10;
inline constexpr int F_GETSIG = 11;
inline constexpr int F_SETOWN_EX = 15;
inline constexpr int F_GETOWN_EX = 16;
inline constexpr int F_GETOWNER_UIDS = 17;
inline constexpr int F_OFD_GETLK = 36;
inline constexpr int F_OFD_SETLK = 37;
inline constexpr int F_OFD_SETLKW = 38;
inline constexpr int F_OWNER_TID = 0;
inline constexpr int F_OWNER_PID = 1;
inline constexpr int F_OWNER_PGRP = 2;
inline constexpr int F_SETLEASE = 1024;
inline constexpr int F_GETLEASE = 1025;
inline constexpr int F_CANCELLK = 1029;
inline constexpr int F_DUPFD_CLOEXEC = 1030;
inline constexpr int F_NOTIFY = 1026;
inline constexpr int F_SETPIPE_SZ = 1031;
inline constexpr int F_GETPIPE_SZ = 1032;
inline constexpr int F_ADD_SEALS = 1033;
inline constexpr int F_GET_SEALS = 1034;
inline constexpr int F_GET_RW_HINT = 1035;
inline constexpr int F_SET_RW_HINT = 1036;
inline constexpr int F_GET_FILE_RW_HINT = 1037;
inline constexpr int F_SET_FILE_RW_HINT = 1038;

// fcntl: arguments.
inline constexpr int FD_CLOEXEC = 1;
inline constexpr int F_RDLCK = 0;
inline constexpr int F_WRLCK = 1;
inline constexpr int F_UNLCK = 2;
inline constexpr int F_EXLCK = 4;
inline constexpr int F_SHLCK = 8;
inline constexpr int F_SEAL_SEAL = 0x0001;
inline constexpr int F_SEAL_SHRINK = 0x0002;
inline constexpr int F_SEAL_GROW = 0x0004;
inline constexpr int F_SEAL_WRITE = 0x0008;
inline constexpr int F_SEAL_FUTURE_WRITE = 0x0010;
inline constexpr int RWH_WRITE_LIFE_NONE = 1;
inline constexpr int RWH_WRITE_LIFE_SHORT = 2;
inline constexpr int RWH_WRITE_LIFE_MEDIUM = 3;
inline constexpr int RWH_WRITE_LIFE_LONG = 4;
inline constexpr int RWH_WRITE_LIFE_EXTREME = 5;
inline constexpr int DN_ACCESS = 0x00000001;
inline constexpr int DN_MODIFY = 0x00000002;
inline constexpr int DN_CREATE = 0x00000004;
inline constexpr int DN_DELETE = 0x00000008;
inline constexpr int DN_RENAME = 0x00000010;
inline constexpr int DN_ATTRIB = 0x00000020;
inline constexpr u32 DN_MULTISHOT = 0x80000000;

// flock.
inline constexpr int LOCK_SH = 1;
inline constexpr int LOCK_EX = 2;
inline constexpr int LOCK_NB = 4;
inline constexpr int LOCK_UN = 8;
inline constexpr int LOCK_MAND = 32;
inline constexpr int LOCK_READ = 64;
inline constexpr int LOCK_WRITE = 128;
inline constexpr int LOCK_RW = 192;

struct flock {
    i16 l_type;
    i16 l_whence;
    i32 pad0;
    i64 l_start;
    i64 l_len;
    i32 l_pid;
    i32 pad1;
};
static_assert(sizeof(flock) == 32);

struct f_owner_ex {
    i32 type;
    i32 pid;
};

struct open_how {
    u64 flags;
    u64 mode;
    u64 resolve;
};
static_assert(sizeof(open_how) == 24);

// openat2: resolve.
inline constexpr int RESOLVE_NO_XDEV = 0x01;
inline constexpr int RESOLVE_NO_MAGICLINKS = 0x02;
inline constexpr int RESOLVE_NO_SYMLINKS = 0x04;
inline constexpr int RESOLVE_BENEATH = 0x08;
inline constexpr int RESOLVE_IN_ROOT = 0x10;
inline constexpr int RESOLVE_CACHED = 0x20;

// *at: special descriptor and flags.
inline constexpr int AT_FDCWD = -100;
inline constexpr int AT_SYMLINK_NOFOLLOW = 0x100;
inline constexpr int AT_EACCESS = 0x200;
inline constexpr int AT_REMOVEDIR = 0x200;
inline constexpr int AT_SYMLINK_FOLLOW = 0x400;
inline constexpr int AT_NO_AUTOMOUNT = 0x800;
inline constexpr int AT_EMPTY_PATH = 0x1000;
inline constexpr int AT_STATX_SYNC_TYPE = 0x6000;
inline constexpr int AT_STATX_SYNC_AS_STAT = 0x0000;
inline constexpr int AT_STATX_FORCE_SYNC = 0x2000;
inline constexpr int AT_STATX_DONT_SYNC = 0x4000;
inline constexpr int AT_RECURSIVE = 0x8000;

// lseek.
inline constexpr int SEEK_SET = 0;
inline constexpr int SEEK_CUR = 1;
inline constexpr int SEEK_END = 2;
inline constexpr int SEEK_DATA = 3;
inline constexpr int SEEK_HOLE = 4;
inline constexpr int SEEK_MAX = 4;

// access.
inline constexpr int F_OK = 0;
inline constexpr int X_OK = 1;
inline constexpr int W_OK = 2;
inline constexpr int R_OK = 4;

// renameat2.
inline constexpr int RENAME_NOREPLACE = 1 << 0;
inline constexpr int RENAME_EXCHANGE = 1 << 1;
inline constexpr int RENAME_WHITEOUT = 1 << 2;

// fallocate.
inline constexpr int FALLOC_FL_KEEP_SIZE = 0x01;
inline constexpr int FALLOC_FL_PUNCH_HOLE = 0x02;
inline constexpr int FALLOC_FL_NO_HIDE_STALE = 0x04;
inline constexpr int FALLOC_FL_COLLAPSE_RANGE = 0x08;
inline constexpr int FALLOC_FL_ZERO_RANGE = 0x10;
inline constexpr int FALLOC_FL_INSERT_RANGE = 0x20;
inline constexpr int FALLOC_FL_UNSHARE_RANGE = 0x40;

// posix_fadvise.
inline constexpr int POSIX_FADV_NORMAL = 0;
inline constexpr int POSIX_FADV_RANDOM = 1;
inline constexpr int POSIX_FADV_SEQUENTIAL = 2;
inline constexpr int POSIX_FADV_WILLNEED = 3;
inline constexpr int POSIX_FADV_DONTNEED = 4;
inline constexpr int POSIX_FADV_NOREUSE = 5;

// sync_file_range.
inline constexpr int SYNC_FILE_RANGE_WAIT_BEFORE = 1;
inline constexpr int SYNC_FILE_RANGE_WRITE = 2;
inline constexpr int SYNC_FILE_RANGE_WAIT_AFTER = 4;
inline constexpr int SYNC_FILE_RANGE_WRITE_AND_WAIT = 7;

// preadv2, pwritev2.
inline constexpr int RWF_HIPRI = 0x1;
inline constexpr int RWF_DSYNC = 0x2;
inline constexpr int RWF_SYNC = 0x4;
inline constexpr int RWF_NOWAIT = 0x8;
inline constexpr int RWF_APPEND = 0x10;
inline constexpr int RWF_SUPPORTED = 0x1f;

// memfd_create.
inline constexpr int MFD_CLOEXEC = 0x0001;
inline constexpr int MFD_ALLOW_SEALING = 0x0002;
inline constexpr int MFD_HUGETLB = 0x0004;
inline constexpr int MFD_HUGE_SHIFT = 0x1a;
inline constexpr int MFD_HUGE_MASK = 0x3f;
inline constexpr int MFD_HUGE_64KB = 0x40000000;
inline constexpr int MFD_HUGE_512KB = 0x4c000000;
inline constexpr int MFD_HUGE_1MB = 0x50000000;
inline constexpr int MFD_HUGE_2MB = 0x54000000;
inline constexpr int MFD_HUGE_8MB = 0x5c000000;
inline constexpr int MFD_HUGE_16MB = 0x60000000;
inline constexpr int MFD_HUGE_32MB = 0x64000000;
inline constexpr int MFD_HUGE_256MB = 0x70000000;
inline constexpr int MFD_HUGE_512MB = 0x74000000;
inline constexpr int MFD_HUGE_1GB = 0x78000000;
inline constexpr int MFD_HUGE_2GB = 0x7c000000;
inline constexpr u32 MFD_HUGE_16GB = 0x88000000;

// close_range.
inline constexpr int CLOSE_RANGE_UNSHARE = 1 << 1;
inline constexpr int CLOSE_RANGE_CLOEXEC = 1 << 2;

// splice, tee, vmsplice.
inline constexpr int SPLICE_F_MOVE = 1;
inline constexpr int SPLICE_F_NONBLOCK = 2;
inline constexpr int SPLICE_F_MORE = 4;
inline constexpr int SPLICE_F_GIFT = 8;

// name_to_handle_at.
inline constexpr int MAX_HANDLE_SZ = 128;

inline constexpr int PATH_MAX = 4096;  // with the final NUL
inline constexpr int NAME_MAX = 255;
inline constexpr int PIPE_BUF = 4096;

}  // namespace abi
