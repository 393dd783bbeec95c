// stat, statx, statfs: structures, file types, modes, file-system magic numbers.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 arch/x86/include/uapi/asm/stat.h, include/uapi/linux/{stat,magic}.h, asm-generic/statfs.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct stat {
    u64 st_dev;
    u64 st_ino;
    u64 st_nlink;
    u32 st_mode;
    u32 st_uid;
    u32 st_gid;
    u32 pad0;
    u64 st_rdev;
    i64 st_size;
    i64 st_blksize;
    i64 st_blocks;  // in units of 512 bytes
    u64 st_atime;
    u64 st_atime_nsec;
    u64 st_mtime;
    u64 st_mtime_nsec;
    u64 st_ctime;
    u64 st_ctime_nsec;
    i64 unused[3];
};
static_assert(sizeof(stat) == 144);

struct statx_timestamp {
    i64 tv_sec;
    u32 tv_nsec;
    i32 reserved;
};

struct statx {
    u32 stx_mask;
    u32 stx_blksize;
    u64 stx_attributes;
    u32 stx_nlink;
    u32 stx_uid;
    u32 stx_gid;
    u16 stx_mode;
    u16 spare0;
    u64 stx_ino;
    u64 stx_size;
    u64 stx_blocks;
    u64 stx_attributes_mask;
    statx_timestamp stx_atime;
    statx_timestamp stx_btime;
    statx_timestamp stx_ctime;
    statx_timestamp stx_mtime;
    u32 stx_rdev_major;
    u32 stx_rdev_minor;
    u32 stx_dev_major;
    u32 stx_dev_minor;
    u64 stx_mnt_id;
    u32 stx_dio_mem_align;
    u32 stx_dio_offset_align;
    u64 spare3[12];
};
static_assert(sizeof(statx) == 256);

struct fsid_t {
    i32 val[2];
};

struct statfs {
    i64 f_type;
    i64 f_bsize;
    u64 f_blocks;
    u64 f_bfree;
    u64 f_bavail;
    u64 f_files;
    u64 f_ffree;
    fsid_t f_fsid;
    i64 f_namelen;
    i64 f_frsize;
    i64 f_flags;
    i64 f_spare[4];
};
static_assert(sizeof(statfs) == 120);

struct ustat {
    i32 f_tfree;
    u32 pad0;
    u64 f_tinode;
    char f_fname[6];
    char f_fpack[6];
    u32 pad1;
};
static_assert(sizeof(ustat) == 32);

// File types and permissions.
inline constexpr int S_IFMT = 00170000;
inline constexpr int S_IFSOCK = 0140000;
inline constexpr int S_IFLNK = 0120000;
inline constexpr int S_IFREG = 0100000;
inline constexpr int S_IFBLK = 0060000;
inline constexpr int S_IFDIR = 0040000;
inline constexpr int S_IFCHR = 0020000;
inline constexpr int S_IFIFO = 0010000;
inline constexpr int S_ISUID = 0004000;
inline constexpr int S_ISGID = 0002000;
inline constexpr int S_ISVTX = 0001000;
inline constexpr int S_IRUSR = 00400;
inline constexpr int S_IWUSR = 00200;
inline constexpr int S_IXUSR = 00100;
inline constexpr int S_IRGRP = 00040;
inline constexpr int S_IWGRP = 00020;
inline constexpr int S_IXGRP = 00010;
inline constexpr int S_IROTH = 00004;
inline constexpr int S_IWOTH = 00002;
inline constexpr int S_IXOTH = 00001;
inline constexpr int S_IRWXU = 00700;
inline constexpr int S_IRWXG = 00070;
inline constexpr int S_IRWXO = 00007;

inline constexpr int S_IALLUGO = 07777;
inline constexpr int S_IRWXUGO = 0777;

constexpr bool S_ISLNK(u32 mode) { return (mode & S_IFMT) == S_IFLNK; }
constexpr bool S_ISREG(u32 mode) { return (mode & S_IFMT) == S_IFREG; }
constexpr bool S_ISDIR(u32 mode) { return (mode & S_IFMT) == S_IFDIR; }
constexpr bool S_ISCHR(u32 mode) { return (mode & S_IFMT) == S_IFCHR; }
constexpr bool S_ISBLK(u32 mode) { return (mode & S_IFMT) == S_IFBLK; }
constexpr bool S_ISFIFO(u32 mode) { return (mode & S_IFMT) == S_IFIFO; }
constexpr bool S_ISSOCK(u32 mode) { return (mode & S_IFMT) == S_IFSOCK; }

// statx: mask and attributes.
inline constexpr int STATX_TYPE = 0x00000001;
inline constexpr int STATX_MODE = 0x00000002;
inline constexpr int STATX_NLINK = 0x00000004;
inline constexpr int STATX_UID = 0x00000008;
inline constexpr int STATX_GID = 0x00000010;
inline constexpr int STATX_ATIME = 0x00000020;
inline constexpr int STATX_MTIME = 0x00000040;
inline constexpr int STATX_CTIME = 0x00000080;
inline constexpr int STATX_INO = 0x00000100;
inline constexpr int STATX_SIZE = 0x00000200;
inline constexpr int STATX_BLOCKS = 0x00000400;
inline constexpr int STATX_BASIC_STATS = 0x000007ff;
inline constexpr int STATX_BTIME = 0x00000800;
inline constexpr int STATX_MNT_ID = 0x00001000;
inline constexpr int STATX_DIOALIGN = 0x00002000;
inline constexpr int STATX_ALL = 0x00000fff;
inline constexpr int STATX_ATTR_COMPRESSED = 0x00000004;
inline constexpr int STATX_ATTR_IMMUTABLE = 0x00000010;
inline constexpr int STATX_ATTR_APPEND = 0x00000020;
inline constexpr int STATX_ATTR_NODUMP = 0x00000040;
inline constexpr int STATX_ATTR_ENCRYPTED = 0x00000800;
inline constexpr int STATX_ATTR_AUTOMOUNT = 0x00001000;
inline constexpr int STATX_ATTR_MOUNT_ROOT = 0x00002000;
inline constexpr int STATX_ATTR_VERITY = 0x00100000;
inline constexpr int STATX_ATTR_DAX = 0x00200000;

// statfs: f_flags.
inline constexpr int ST_RDONLY = 1;
inline constexpr int ST_NOSUID = 2;
inline constexpr int ST_NODEV = 4;
inline constexpr int ST_NOEXEC = 8;
inline constexpr int ST_SYNCHRONOUS = 16;
inline constexpr int ST_MANDLOCK = 64;
inline constexpr int ST_NOATIME = 1024;
inline constexpr int ST_NODIRATIME = 2048;
inline constexpr int ST_RELATIME = 4096;

inline constexpr int ST_VALID = 0x20;
inline constexpr int ST_NOSYMFOLLOW = 0x2000;

// statfs: f_type.
inline constexpr int ADFS_SUPER_MAGIC = 0xadf5;
inline constexpr int AFFS_SUPER_MAGIC = 0xadff;
inline constexpr int AFS_SUPER_MAGIC = 0x5346414F;
inline constexpr int AUTOFS_SUPER_MAGIC = 0x0187;
inline constexpr int CEPH_SUPER_MAGIC = 0x00c36400;
inline constexpr int CODA_SUPER_MAGIC = 0x73757245;
inline constexpr int CRAMFS_MAGIC = 0x28cd3d45;
inline constexpr int DEBUGFS_MAGIC = 0x64626720;
inline constexpr int SECURITYFS_MAGIC = 0x73636673;
inline constexpr u32 SELINUX_MAGIC = 0xf97cff8c;
inline constexpr int SMACK_MAGIC = 0x43415d53;
inline constexpr u32 RAMFS_MAGIC = 0x858458f6;
inline constexpr int TMPFS_MAGIC = 0x01021994;
inline constexpr u32 HUGETLBFS_MAGIC = 0x958458f6;
inline constexpr int SQUASHFS_MAGIC = 0x73717368;
inline constexpr int ECRYPTFS_SUPER_MAGIC = 0xf15f;
inline constexpr int EFS_SUPER_MAGIC = 0x414A53;
inline constexpr int EXT2_SUPER_MAGIC = 0xEF53;
inline constexpr int EXT3_SUPER_MAGIC = 0xEF53;
inline constexpr u32 XENFS_SUPER_MAGIC = 0xabba1974;
inline constexpr int EXT4_SUPER_MAGIC = 0xEF53;
inline constexpr u32 BTRFS_SUPER_MAGIC = 0x9123683E;
inline constexpr int NILFS_SUPER_MAGIC = 0x3434;
inline constexpr u32 F2FS_SUPER_MAGIC = 0xF2F52010;
inline constexpr u32 HPFS_SUPER_MAGIC = 0xf995e849;
inline constexpr int ISOFS_SUPER_MAGIC = 0x9660;
inline constexpr int JFFS2_SUPER_MAGIC = 0x72b6;
inline constexpr int XFS_SUPER_MAGIC = 0x58465342;
inline constexpr int PSTOREFS_MAGIC = 0x6165676C;
inline constexpr u32 EFIVARFS_MAGIC = 0xde5e81e4;
inline constexpr int HOSTFS_SUPER_MAGIC = 0x00c0ffee;
inline constexpr int OVERLAYFS_SUPER_MAGIC = 0x794c7630;
inline constexpr int FUSE_SUPER_MAGIC = 0x65735546;
inline constexpr int MINIX_SUPER_MAGIC = 0x137F;
inline constexpr int MINIX2_SUPER_MAGIC = 0x2468;
inline constexpr int MINIX3_SUPER_MAGIC = 0x4d5a;
inline constexpr int MSDOS_SUPER_MAGIC = 0x4d44;
inline constexpr int EXFAT_SUPER_MAGIC = 0x2011BAB0;
inline constexpr int NCP_SUPER_MAGIC = 0x564c;
inline constexpr int NFS_SUPER_MAGIC = 0x6969;
inline constexpr int OCFS2_SUPER_MAGIC = 0x7461636f;
inline constexpr int OPENPROM_SUPER_MAGIC = 0x9fa1;
inline constexpr int QNX4_SUPER_MAGIC = 0x002f;
inline constexpr int QNX6_SUPER_MAGIC = 0x68191122;
inline constexpr int AFS_FS_MAGIC = 0x6B414653;
inline constexpr int REISERFS_SUPER_MAGIC = 0x52654973;
inline constexpr int SMB_SUPER_MAGIC = 0x517B;
inline constexpr u32 CIFS_SUPER_MAGIC = 0xFF534D42;
inline constexpr u32 SMB2_SUPER_MAGIC = 0xFE534D42;
inline constexpr int CGROUP_SUPER_MAGIC = 0x27e0eb;
inline constexpr int CGROUP2_SUPER_MAGIC = 0x63677270;
inline constexpr int RDTGROUP_SUPER_MAGIC = 0x7655821;
inline constexpr int STACK_END_MAGIC = 0x57AC6E9D;
inline constexpr int TRACEFS_MAGIC = 0x74726163;
inline constexpr int V9FS_MAGIC = 0x01021997;
inline constexpr int BDEVFS_MAGIC = 0x62646576;
inline constexpr int DAXFS_MAGIC = 0x64646178;
inline constexpr int BINFMTFS_MAGIC = 0x42494e4d;
inline constexpr int DEVPTS_SUPER_MAGIC = 0x1cd1;
inline constexpr int BINDERFS_SUPER_MAGIC = 0x6c6f6f70;
inline constexpr int FUTEXFS_SUPER_MAGIC = 0xBAD1DEA;
inline constexpr int PIPEFS_MAGIC = 0x50495045;
inline constexpr int PROC_SUPER_MAGIC = 0x9fa0;
inline constexpr int SOCKFS_MAGIC = 0x534F434B;
inline constexpr int SYSFS_MAGIC = 0x62656572;
inline constexpr int USBDEVICE_SUPER_MAGIC = 0x9fa2;
inline constexpr int MTD_INODE_FS_MAGIC = 0x11307854;
inline constexpr int ANON_INODE_FS_MAGIC = 0x09041934;
inline constexpr int BTRFS_TEST_MAGIC = 0x73727279;
inline constexpr int NSFS_MAGIC = 0x6e736673;
inline constexpr u32 BPF_FS_MAGIC = 0xcafe4a11;
inline constexpr int AAFS_MAGIC = 0x5a3c69f0;
inline constexpr int ZONEFS_MAGIC = 0x5a4f4653;
inline constexpr int UDF_SUPER_MAGIC = 0x15013346;
inline constexpr int DMA_BUF_MAGIC = 0x444d4142;
inline constexpr int DEVMEM_MAGIC = 0x454d444d;
inline constexpr int SECRETMEM_MAGIC = 0x5345434d;

}  // namespace abi
