// Entry to the kernel and return from it: vector stubs, SYSCALL, the exits to user mode, first steps of threads.
// Callers: the CPU. C++ continues in trap.cc and in the upcalls (upcalls.h).
// Locks, context: interrupts off at each entry. Offsets of TrapFrame and CpuLocal are checked in entry_check.cc.
#include "arch/asm.h"

#define GS_STACK_TOP   %gs:8
#define GS_USER_RSP    %gs:16
#define GS_CURRENT     %gs:24
#define FRAME_SIZE     168
#define FRAME_R13      16
#define FRAME_ORIG_RAX 120
#define FRAME_RIP      128
#define FRAME_CS       136
#define USER_DS        0x2b
#define USER_CS        0x33
#define MSR_GS_BASE    0xc0000101

.macro PUSH_FROM_RDX
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm
// All registers but rsp; leaves it at the frame's orig_rax.
.macro POP_REGISTERS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
.endm

.section .text.entry, "ax", @progbits

// SYSCALL. rcx = user rip, r11 = user rflags. The fast exit restores only what C++ may have changed: rbx, rbp and
// r12 to r15 still hold the user's values, rip and rflags stand in the frame's rcx and r11 slots. Whoever changes
// the frame says so with frame_changed(), which makes user_work non-zero.
    .balign 64
.globl syscall_entry
.hidden syscall_entry
.type syscall_entry, @function
syscall_entry:
    swapgs
    movq %rsp, GS_USER_RSP
    movq GS_STACK_TOP, %rsp
    pushq $USER_DS
    pushq GS_USER_RSP
    pushq %r11
    pushq $USER_CS
    pushq %rcx
    pushq %rax
    pushq %rdi
    pushq %rsi
    PUSH_FROM_RDX
    movq %rsp, %rdi
    subq $8, %rsp                    // the ABI's alignment
    sti
    call on_syscall64
    cli
    movq GS_CURRENT, %rcx
    cmpl $0, (%rcx)                  // ThreadArch::user_work
    jne exit_with_work
    addq $(8 + 6 * 8), %rsp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    movq 32(%rsp), %rsp
    swapgs
    sysretq
.size syscall_entry, . - syscall_entry

// Stack: 8 bytes of alignment, the frame.
exit_with_work:
    leaq 8(%rsp), %rdi
    call exit_to_user
    addq $8, %rsp
// Stack: the frame. Interrupts off.
return_to_user:
    POP_REGISTERS
    addq $8, %rsp
    swapgs
.globl user_iretq
.hidden user_iretq
user_iretq:
    iretq

// SYSCALL from 32-bit code (AMD): no such calls; -ENOSYS.
    .balign 16
.globl syscall_entry_compat
.hidden syscall_entry_compat
syscall_entry_compat:
    movl $-38, %eax
    sysretl

// One stub of 16 bytes a vector: error code (or 0), vector, and on to the common part.
    .balign 64
.globl idt_stubs
.hidden idt_stubs
idt_stubs:
.set vector, 0
.rept 256
    .balign 16
    .if (vector != 8) && (vector != 10) && (vector != 11) && (vector != 12) && (vector != 13) && (vector != 14) && (vector != 17) && (vector != 21) && (vector != 29) && (vector != 30)
        pushq $0
    .endif
    .byte 0x68                       // pushq $vector, in its 32-bit form
    .long vector
    .if (vector == 1) || (vector == 2) || (vector == 8) || (vector == 18)
        jmp paranoid_entry
    .elseif (vector == 11) || (vector == 12) || (vector == 13)
        jmp segment_fault_entry
    .else
        jmp common_entry
    .endif
    .set vector, vector + 1
.endr
    .balign 16

// Stack: vector, error code, rip, cs, rflags, rsp, ss.
common_entry:
    testb $3, 24(%rsp)
    jz 1f
    swapgs
1:  pushq %rsi
    movq 8(%rsp), %rsi               // the vector; its place becomes rdi's
    movq %rdi, 8(%rsp)
    PUSH_FROM_RDX
dispatch:                            // stack: the frame; rsi: vector; GS base the kernel's
    CLAC                             // gates do not clear AC
    cld
    movq %rsp, %rdi
    subq $8, %rsp
    call trap_dispatch
    addq $8, %rsp
    testb $3, FRAME_CS(%rsp)
    jnz return_to_user
    POP_REGISTERS
    addq $8, %rsp
    iretq

// #NP, #SS and #GP may be raised by the IRETQ to user mode, with the user's GS base already in place.
segment_fault_entry:
    testb $3, 24(%rsp)
    jnz common_entry
    pushq %rax
    leaq user_iretq(%rip), %rax
    cmpq %rax, 24(%rsp)              // rip
    popq %rax
    jne common_entry
    swapgs
    pushq %rsi
    movq 8(%rsp), %rsi
    movq %rdi, 8(%rsp)
    PUSH_FROM_RDX
    // The registers are the user's; the rest of the frame is what IRETQ could not take. It then is a fault of
    // the user's instruction.
    movq 152(%rsp), %rax             // where IRETQ's five words are
    .irp i, 0, 8, 16, 24, 32
    movq \i(%rax), %rcx
    movq %rcx, FRAME_RIP+\i(%rsp)
    .endr
    orq $3, FRAME_CS(%rsp)
    jmp dispatch

// #DB, NMI, #DF, #MC: on stacks of their own, at any instruction, so GS may be either. The CPU's block is found by
// the stack (descriptors.h) and the GS base put back as it was.
paranoid_entry:
    pushq %rsi
    movq 8(%rsp), %rsi
    movq %rdi, 8(%rsp)
    PUSH_FROM_RDX
    CLAC
    cld
    testb $3, FRAME_CS(%rsp)
    jnz 1f
    movl $MSR_GS_BASE, %ecx
    rdmsr
    movl %eax, %r12d
    movl %edx, %r13d
    movq FRAME_SIZE(%rsp), %rax      // CpuLocal, in the 16 bytes above the stack's first frame
    movq %rax, %rdx
    shrq $32, %rdx
    wrmsr
    movq %rsp, %rdi
    subq $8, %rsp
    call trap_paranoid
    addq $8, %rsp
    movl $MSR_GS_BASE, %ecx
    movl %r12d, %eax
    movl %r13d, %edx
    wrmsr
    POP_REGISTERS
    addq $8, %rsp
    iretq
1:  // From user mode nothing is special: go on on the thread's stack, since the work may sleep.
    swapgs
    movq %rsi, %rdx
    movq GS_STACK_TOP, %rdi
    subq $FRAME_SIZE, %rdi
    movq %rdi, %rax
    movq %rsp, %rsi
    movl $(FRAME_SIZE / 8), %ecx
    rep movsq
    movq %rax, %rsp
    movq %rdx, %rsi
    jmp dispatch

// ThreadArch* switch_stacks(u64* save, u64 next, ThreadArch* previous): the C++ ABI's callee-saved registers only.
FUNCTION switch_stacks
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    movq %rdx, %rax
    ret
END_FUNCTION switch_stacks

// Where switch_stacks "returns" to in a new kernel thread: rax previous, r12 entry, r13 argument.
FUNCTION thread_begin_kernel
    movq %rax, %rdi
    call on_thread_begin
    sti
    movq %r13, %rdi
    call *%r12
    ud2
END_FUNCTION thread_begin_kernel

// The same in a new user thread. Stack: 8 bytes of alignment, the frame.
FUNCTION thread_begin_user
    movq %rax, %rdi
    call on_thread_begin
    cli
    jmp exit_with_work
END_FUNCTION thread_begin_user

// void enter_user_frame(const TrapFrame* frame, TrapFrame* top): interrupts off; does not return. The frames may
// overlap and lie over our caller's stack, hence downwards and with the stack pointer below.
FUNCTION enter_user_frame
    leaq -8(%rsi), %rsp
    leaq (FRAME_SIZE - 8)(%rsi), %rdx
    leaq (FRAME_SIZE - 8)(%rdi), %rsi
    movq %rdx, %rdi
    movl $(FRAME_SIZE / 8), %ecx
    std
    rep movsq
    cld
    jmp exit_with_work
END_FUNCTION enter_user_frame

.section .note.GNU-stack, "", @progbits
