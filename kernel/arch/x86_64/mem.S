// The C library's memory functions, which compilers call, and page operations (mem.h).
// Callers: everyone.
// Locks, context: any, even before relocation. Large blocks go by REP MOVSQ and STOSQ: one counted instruction
// and, on hardware, microcode a word; up to 32 bytes by overlapping words, since REP has a start cost.
#include "arch/asm.h"

// Up to 32 bytes: all loads come before all stores, so overlap does no harm. rdi to, rsi from, rdx bytes.
.macro COPY_SMALL large
    movq %rdi, %rax
    cmpq $16, %rdx
    ja 3f
    cmpl $8, %edx
    jae 2f
    cmpl $4, %edx
    jae 1f
    testl %edx, %edx
    jz 9f
    movzbl (%rsi), %ecx
    movzbl -1(%rsi,%rdx), %r8d
    movq %rdx, %r10
    shrq $1, %r10                    // of 2 and 3 bytes the second; of 1 the first again
    movzbl (%rsi,%r10), %r9d
    movb %cl, (%rdi)
    movb %r9b, (%rdi,%r10)
    movb %r8b, -1(%rdi,%rdx)
    ret
1:  movl (%rsi), %ecx
    movl -4(%rsi,%rdx), %r8d
    movl %ecx, (%rdi)
    movl %r8d, -4(%rdi,%rdx)
    ret
2:  movq (%rsi), %rcx
    movq -8(%rsi,%rdx), %r8
    movq %rcx, (%rdi)
    movq %r8, -8(%rdi,%rdx)
    ret
3:  cmpq $32, %rdx
    ja \large
    movq (%rsi), %rcx
    movq 8(%rsi), %r8
    movq -16(%rsi,%rdx), %r9
    movq -8(%rsi,%rdx), %r10
    movq %rcx, (%rdi)
    movq %r8, 8(%rdi)
    movq %r9, -16(%rdi,%rdx)
    movq %r10, -8(%rdi,%rdx)
9:  ret
.endm

FUNCTION memcpy
    COPY_SMALL 10f
// All whole words but for the last 1 to 8 bytes, which one overlapping word covers.
10: leaq -1(%rdx), %rcx
    shrq $3, %rcx
    movq -8(%rsi,%rdx), %r9
    leaq -8(%rdi,%rdx), %r10
    rep movsq
    movq %r9, (%r10)
    ret
END_FUNCTION memcpy

FUNCTION memmove
    COPY_SMALL 10f
10: movq %rdi, %r8
    subq %rsi, %r8
    cmpq %rdx, %r8
    jb 11f
    leaq -1(%rdx), %rcx
    shrq $3, %rcx
    movq -8(%rsi,%rdx), %r9
    leaq -8(%rdi,%rdx), %r10
    rep movsq
    movq %r9, (%r10)
    ret
11: leaq -1(%rdx), %rcx              // the target begins inside the source: downwards
    shrq $3, %rcx
    movq (%rsi), %r9
    leaq -8(%rsi,%rdx), %rsi
    leaq -8(%rdi,%rdx), %rdi
    std
    rep movsq
    cld
    movq %r9, (%rax)
    ret
END_FUNCTION memmove

// rdi to, sil value, rdx bytes
FUNCTION memset
    movq %rdi, %r9
    movzbl %sil, %eax
    testl %eax, %eax
    jz 1f
    movabsq $0x0101010101010101, %rcx
    imulq %rcx, %rax
1:  cmpq $16, %rdx
    ja 4f
    cmpl $8, %edx
    jae 3f
    cmpl $4, %edx
    jae 2f
    movl %edx, %ecx
    rep stosb
    movq %r9, %rax
    ret
2:  movl %eax, (%rdi)
    movl %eax, -4(%rdi,%rdx)
    movq %r9, %rax
    ret
3:  movq %rax, (%rdi)
    movq %rax, -8(%rdi,%rdx)
    movq %r9, %rax
    ret
4:  leaq -1(%rdx), %rcx
    shrq $3, %rcx
    movq %rax, -8(%rdi,%rdx)
    rep stosq
    movq %r9, %rax
    ret
END_FUNCTION memset

// rdi, rsi, rdx bytes
FUNCTION memcmp
    xorl %eax, %eax
1:  subq $8, %rdx
    jb 3f
    movq (%rdi), %rcx
    movq (%rsi), %r8
    addq $8, %rdi
    addq $8, %rsi
    cmpq %r8, %rcx
    je 1b
    bswapq %rcx                      // the first byte decides
    bswapq %r8
    cmpq %r8, %rcx
2:  sbbl %eax, %eax
    orl $1, %eax
    ret
3:  addq $8, %rdx
    jz 5f
4:  movzbl (%rdi), %ecx
    cmpb (%rsi), %cl
    jne 2b
    incq %rdi
    incq %rsi
    decq %rdx
    jnz 4b
5:  ret
END_FUNCTION memcmp

// rdi, sil byte, rdx bytes
FUNCTION memchr
    leaq (%rdi,%rdx), %rcx
1:  cmpq %rcx, %rdi
    je 2f
    cmpb %sil, (%rdi)
    je 3f
    incq %rdi
    jmp 1b
2:  xorl %edi, %edi
3:  movq %rdi, %rax
    ret
END_FUNCTION memchr

FUNCTION strlen
    movq %rdi, %rax
1:  cmpb $0, (%rax)
    je 2f
    incq %rax
    jmp 1b
2:  subq %rdi, %rax
    ret
END_FUNCTION strlen

FUNCTION clear_page
    xorl %eax, %eax
    movl $512, %ecx
    rep stosq
    ret
END_FUNCTION clear_page

FUNCTION copy_page
    movl $512, %ecx
    rep movsq
    ret
END_FUNCTION copy_page

.section .note.GNU-stack, "", @progbits
