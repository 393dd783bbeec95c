// System V and POSIX inter-process communication.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{ipc,sem,shm,msg,mqueue}.h, asm-generic/*buf.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int IPC_PRIVATE = 0x0;
inline constexpr int IPC_CREAT = 00001000;
inline constexpr int IPC_EXCL = 00002000;
inline constexpr int IPC_NOWAIT = 00004000;
inline constexpr int IPC_DIPC = 00010000;
inline constexpr int IPC_OWN = 00020000;
inline constexpr int IPC_RMID = 0;
inline constexpr int IPC_SET = 1;
inline constexpr int IPC_STAT = 2;
inline constexpr int IPC_INFO = 3;
inline constexpr int IPC_OLD = 0;
inline constexpr int IPC_64 = 0x0100;

// Operations of ipc(2).
inline constexpr int SEMOP = 1;
inline constexpr int SEMGET = 2;
inline constexpr int SEMCTL = 3;
inline constexpr int SEMTIMEDOP = 4;
inline constexpr int MSGSND = 11;
inline constexpr int MSGRCV = 12;
inline constexpr int MSGGET = 13;
inline constexpr int MSGCTL = 14;
inline constexpr int SHMAT = 21;
inline constexpr int SHMDT = 22;
inline constexpr int SHMGET = 23;
inline constexpr int SHMCTL = 24;

struct ipc64_perm {
    i32 key;
    u32 uid;
    u32 gid;
    u32 cuid;
    u32 cgid;
    u32 mode;
    u16 seq;
    u16 pad2;
    u32 pad3;
    u64 unused1;
    u64 unused2;
};
static_assert(sizeof(ipc64_perm) == 48);

struct semid64_ds {
    ipc64_perm sem_perm;
    i64 sem_otime;
    u64 reserved1;
    i64 sem_ctime;
    u64 reserved2;
    u64 sem_nsems;
    u64 unused3;
    u64 unused4;
};
static_assert(sizeof(semid64_ds) == 104);

struct shmid64_ds {
    ipc64_perm shm_perm;
    u64 shm_segsz;
    i64 shm_atime;
    i64 shm_dtime;
    i64 shm_ctime;
    i32 shm_cpid;
    i32 shm_lpid;
    u64 shm_nattch;
    u64 unused4;
    u64 unused5;
};
static_assert(sizeof(shmid64_ds) == 112);

struct msqid64_ds {
    ipc64_perm msg_perm;
    i64 msg_stime;
    i64 msg_rtime;
    i64 msg_ctime;
    u64 msg_cbytes;
    u64 msg_qnum;
    u64 msg_qbytes;
    i32 msg_lspid;
    i32 msg_lrpid;
    u64 unused4;
    u64 unused5;
};
static_assert(sizeof(msqid64_ds) == 120);

struct sembuf {
    u16 sem_num;
    i16 sem_op;
    i16 sem_flg;
};

struct seminfo {
    i32 semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem;
};

struct shminfo64 {
    u64 shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};

struct shm_info {
    i32 used_ids;
    u32 pad0;
    u64 shm_tot;
    u64 shm_rss;
    u64 shm_swp;
    u64 swap_attempts;
    u64 swap_successes;
};
static_assert(sizeof(shm_info) == 48);

struct msginfo {
    i32 msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql;
    u16 msgseg;
    u16 pad0;
};
static_assert(sizeof(msginfo) == 32);

struct mq_attr {
    i64 mq_flags;
    i64 mq_maxmsg;
    i64 mq_msgsize;
    i64 mq_curmsgs;
    i64 reserved[4];
};
static_assert(sizeof(mq_attr) == 64);

// Semaphores.
inline constexpr int SEM_UNDO = 0x1000;
inline constexpr int SEM_STAT = 18;
inline constexpr int SEM_INFO = 19;
inline constexpr int SEM_STAT_ANY = 20;
inline constexpr int GETPID = 11;
inline constexpr int GETVAL = 12;
inline constexpr int GETALL = 13;
inline constexpr int GETNCNT = 14;
inline constexpr int GETZCNT = 15;
inline constexpr int SETVAL = 16;
inline constexpr int SETALL = 17;
inline constexpr int SEMMNI = 32000;
inline constexpr int SEMMSL = 32000;
inline constexpr int SEMMNS = 1024000000;
inline constexpr int SEMOPM = 500;
inline constexpr int SEMVMX = 32767;
inline constexpr int SEMAEM = SEMVMX;
inline constexpr int SEMUME = SEMOPM;
inline constexpr int SEMMNU = SEMMNS;
inline constexpr int SEMMAP = SEMMNS;
inline constexpr int SEMUSZ = 20;

// Shared memory.
inline constexpr int SHMMIN = 1;
inline constexpr int SHMMNI = 4096;
inline constexpr int SHM_R = 0400;
inline constexpr int SHM_W = 0200;
inline constexpr int SHM_HUGETLB = 04000;
inline constexpr int SHM_NORESERVE = 010000;
inline constexpr int SHM_RDONLY = 010000;
inline constexpr int SHM_RND = 020000;
inline constexpr int SHM_REMAP = 040000;
inline constexpr int SHM_EXEC = 0100000;
inline constexpr int SHM_LOCK = 11;
inline constexpr int SHM_UNLOCK = 12;
inline constexpr int SHM_STAT = 13;
inline constexpr int SHM_INFO = 14;
inline constexpr int SHM_STAT_ANY = 15;

// Messages.
inline constexpr int MSG_STAT = 11;
inline constexpr int MSG_INFO = 12;
inline constexpr int MSG_STAT_ANY = 13;
inline constexpr int MSG_NOERROR = 010000;
inline constexpr int MSGMNI = 32000;
inline constexpr int MSGMAX = 8192;
inline constexpr int MSGMNB = 16384;
inline constexpr int MSGPOOL = MSGMNI * MSGMNB / 1024;
inline constexpr int MSGTQL = MSGMNB;
inline constexpr int MSGMAP = MSGMNB;
inline constexpr int MSGSSZ = 16;
inline constexpr int MSGSEG = 0xffff;

inline constexpr int MSG_EXCEPT = 020000;
inline constexpr int MSG_COPY = 040000;

}  // namespace abi
