// The functions that upper floors define for the entry code to call: arch's only way up.
// Callers: arch alone. Implemented by main/ (which routes to vm, process, linux, platform) and sched.
// Locks, context: stated for each; the frame is the interrupted context's.
#pragma once

#include "arch/context.h"
#include "arch/trap.h"

extern "C" {

// An exception other than NMI. `error` is the hardware's error code or 0, `fault_addr` CR2 for a page fault or 0.
// Interrupts are as the interrupted context had them, except for debug, machine-check and double-fault
// exceptions, which run with interrupts off (and, when they hit the kernel, on a small stack of their own).
void on_exception(arch::TrapFrame& frame, u8 vector, u64 error, u64 fault_addr);

// A device, IPI or NMI (vector 2) interrupt. Interrupts off, cpu().irq_depth >= 1, preemption off.
void on_interrupt(arch::TrapFrame& frame, u8 vector);

// SYSCALL: number in orig_rax, arguments rdi rsi rdx r10 r8 r9. Interrupts on. Stores the result in frame.rax.
void on_syscall64(arch::TrapFrame& frame);

// int 0x80: number in orig_rax, arguments ebx ecx edx esi edi ebp. Interrupts on. Stores the result in frame.rax.
void on_syscall32(arch::TrapFrame& frame);

// Before a return to user mode while need_resched() or an upper bit of ThreadArch::user_work is set, again and
// again until none is. Entered and left with interrupts off; enables them to work. Clears the bits it handles.
void on_return_to_user(arch::TrapFrame& frame);

// Kernel preemption: need_resched() is set and preempt_count is 0, after an interrupt of kernel code or in
// preempt_enable(). Entered and left with interrupts off; returns after some schedule.
void on_preempt();

// The first thing a new thread runs, on its own stack, interrupts off: finish the switch that started it
// (`previous` ran before on this CPU) and release the run queue's lock. Interrupts are enabled after it by arch.
void on_thread_begin(arch::ThreadArch* previous);
}
