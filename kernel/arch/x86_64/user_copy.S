// Copies to and from user memory. Every access of user memory stands between STAC and CLAC and in the exception
// table. Callers: user_copy.h.
// Locks, context: see user_copy.h. Words are moved eight bytes at a time, not by REP MOVSB: with counted
// instructions (and in emulators) each repetition costs the same, whatever its width.
#include "arch/asm.h"

#define USER_LIMIT 0x7ffffffff000
#define EFAULT 14

// Jumps to `bad` unless [address, address + n) lies below the limit. Uses r8.
.macro CHECK_RANGE address, n, bad
    movabsq $USER_LIMIT, %r8
    subq \n, %r8
    jb \bad
    cmpq %r8, \address
    ja \bad
.endm

// rdi to, rsi from, rdx bytes; rax: bytes not copied.
.macro COPY
    cmpq $16, %rdx
    ja 30f
    cmpl $8, %edx
    jb 20f
11: movq (%rsi), %rcx
12: movq -8(%rsi,%rdx), %r8
13: movq %rcx, (%rdi)
14: movq %r8, -8(%rdi,%rdx)
    CLAC
    xorl %eax, %eax
    ret
20: cmpl $4, %edx
    jb 50f
21: movl (%rsi), %ecx
22: movl -4(%rsi,%rdx), %r8d
23: movl %ecx, (%rdi)
24: movl %r8d, -4(%rdi,%rdx)
    CLAC
    xorl %eax, %eax
    ret
30: cmpq $32, %rdx
    ja 40f
31: movq (%rsi), %rcx
32: movq 8(%rsi), %r8
33: movq -16(%rsi,%rdx), %r9
34: movq -8(%rsi,%rdx), %r10
35: movq %rcx, (%rdi)
36: movq %r8, 8(%rdi)
37: movq %r9, -16(%rdi,%rdx)
38: movq %r10, -8(%rdi,%rdx)
    CLAC
    xorl %eax, %eax
    ret
    // All whole words but for the last 1 to 8 bytes, which one overlapping word covers.
40: leaq -1(%rdx), %rcx
    shrq $3, %rcx
    leaq (%rdi,%rdx), %r8
41: movq -8(%rsi,%rdx), %r9
42: rep movsq
43: movq %r9, -8(%r8)
    CLAC
    xorl %eax, %eax
    ret
    // After a fault in the word copy: byte by byte up to the byte that faults.
49: movq %r8, %rdx
    subq %rdi, %rdx
50: movq %rdx, %rcx
51: rep movsb
52: CLAC
    movq %rcx, %rax
    ret
    EXTABLE 11b, 50b
    EXTABLE 12b, 50b
    EXTABLE 13b, 50b
    EXTABLE 14b, 50b
    EXTABLE 21b, 50b
    EXTABLE 22b, 50b
    EXTABLE 23b, 50b
    EXTABLE 24b, 50b
    EXTABLE 31b, 50b
    EXTABLE 32b, 50b
    EXTABLE 33b, 50b
    EXTABLE 34b, 50b
    EXTABLE 35b, 50b
    EXTABLE 36b, 50b
    EXTABLE 37b, 50b
    EXTABLE 38b, 50b
    EXTABLE 41b, 49b
    EXTABLE 42b, 49b
    EXTABLE 43b, 49b
    EXTABLE 51b, 52b
.endm

FUNCTION copy_from_user
    CHECK_RANGE %rsi, %rdx, 90f
    STAC
    COPY
90: movq %rdx, %rax
    ret
END_FUNCTION copy_from_user

FUNCTION copy_to_user
    CHECK_RANGE %rdi, %rdx, 90f
    STAC
    COPY
90: movq %rdx, %rax
    ret
END_FUNCTION copy_to_user

FUNCTION copy_from_kernel_nofault
    COPY
END_FUNCTION copy_from_kernel_nofault

// rdi to, rsi bytes
FUNCTION clear_user
    CHECK_RANGE %rdi, %rsi, 90f
    STAC
    xorl %eax, %eax
    movq %rsi, %rcx
    andl $7, %esi
    shrq $3, %rcx
1:  rep stosq
    movl %esi, %ecx
2:  rep stosb
3:  CLAC
    movq %rcx, %rax
    ret
4:  leaq (%rsi,%rcx,8), %rcx
    jmp 2b
90: movq %rsi, %rax
    ret
    EXTABLE 1b, 4b
    EXTABLE 2b, 3b
END_FUNCTION clear_user

// Looks for a NUL in the user string at rsi, at most rdx bytes, copying to rdi if \copy; rax as the header says.
// A word has a zero byte if (w - 0x01…) & ~w & 0x80… is not 0, and the lowest bit set marks the first one.
.macro SCAN copy
    xorl %eax, %eax
    movabsq $USER_LIMIT, %r8
    subq %rsi, %r8
    jbe 90f
    cmpq %rdx, %r8
    cmovaq %rdx, %r8                 // bytes that may be read
    movabsq $0x0101010101010101, %r10
    movabsq $0x8080808080808080, %r11
    STAC
1:  leaq 8(%rax), %rcx
    cmpq %r8, %rcx
    ja 3f
2:  movq (%rsi,%rax), %r9
    .if \copy
    movq %r9, (%rdi,%rax)
    .endif
    movq %r9, %rcx
    subq %r10, %rcx
    notq %r9
    andq %r9, %rcx
    andq %r11, %rcx
    jnz 5f
    addq $8, %rax
    jmp 1b
3:  cmpq %r8, %rax
    jae 6f
4:  movzbl (%rsi,%rax), %ecx
    .if \copy
    movb %cl, (%rdi,%rax)
    .endif
    testb %cl, %cl
    jz 7f
    incq %rax
    jmp 3b
5:  bsfq %rcx, %rcx
    shrl $3, %ecx
    addq %rcx, %rax
    jmp 7f
6:  cmpq %rdx, %rax                  // the end of the buffer, or of user space?
    jne 8f
7:  CLAC
    ret
8:  CLAC
90: movq $-EFAULT, %rax
    ret
    EXTABLE 2b, 3b
    EXTABLE 4b, 8b
.endm

FUNCTION strncpy_from_user
    SCAN 1
END_FUNCTION strncpy_from_user

FUNCTION strnlen_user
    movq %rsi, %rdx
    movq %rdi, %rsi
    SCAN 0
END_FUNCTION strnlen_user

// Single words: CHECK_WORD jumps to 90 unless the word of \size bytes at \address is user space's.
.macro CHECK_WORD address, size
    movabsq $(USER_LIMIT - \size), %r8
    cmpq %r8, \address
    ja 90f
.endm
.macro FAULT_EXIT
89: CLAC
90: movl $-EFAULT, %eax
    ret
.endm

FUNCTION get_user32
    CHECK_WORD %rsi, 4
    STAC
1:  movl (%rsi), %ecx
    CLAC
    movl %ecx, (%rdi)
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION get_user32

FUNCTION get_user64
    CHECK_WORD %rsi, 8
    STAC
1:  movq (%rsi), %rcx
    CLAC
    movq %rcx, (%rdi)
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION get_user64

FUNCTION put_user32
    CHECK_WORD %rdi, 4
    STAC
1:  movl %esi, (%rdi)
    CLAC
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION put_user32

FUNCTION put_user64
    CHECK_WORD %rdi, 8
    STAC
1:  movq %rsi, (%rdi)
    CLAC
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION put_user64

// rdi user, esi expected, edx desired, rcx old
FUNCTION cmpxchg_user32
    CHECK_WORD %rdi, 4
    movl %esi, %eax
    STAC
1:  lock cmpxchgl %edx, (%rdi)
    CLAC
    movl %eax, (%rcx)
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION cmpxchg_user32

// rdi user, esi value, rdx old
FUNCTION xchg_user32
    CHECK_WORD %rdi, 4
    STAC
1:  xchgl %esi, (%rdi)
    CLAC
    movl %esi, (%rdx)
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION xchg_user32

FUNCTION add_user32
    CHECK_WORD %rdi, 4
    STAC
1:  lock xaddl %esi, (%rdi)
    CLAC
    movl %esi, (%rdx)
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
END_FUNCTION add_user32

.macro LOGIC_FUNCTION name, instruction
FUNCTION \name
    CHECK_WORD %rdi, 4
    STAC
1:  movl (%rdi), %eax
2:  movl %eax, %ecx
    \instruction %esi, %ecx
3:  lock cmpxchgl %ecx, (%rdi)
    jne 2b
    CLAC
    movl %eax, (%rdx)
    xorl %eax, %eax
    ret
    FAULT_EXIT
    EXTABLE 1b, 89b
    EXTABLE 3b, 89b
END_FUNCTION \name
.endm
LOGIC_FUNCTION or_user32, orl
LOGIC_FUNCTION and_user32, andl
LOGIC_FUNCTION xor_user32, xorl

.section .note.GNU-stack, "", @progbits
