// The numbers that entry.S and asm know, checked against the structures.
// Callers: the compiler.
// Locks, context: none.
#include "arch/context.h"
#include "arch/descriptors.h"
#include "arch/trap.h"

namespace arch {

static_assert(offsetof(TrapFrame, r13) == 16 && offsetof(TrapFrame, rbx) == 40 && offsetof(TrapFrame, r11) == 48);
static_assert(offsetof(TrapFrame, rdi) == 112 && offsetof(TrapFrame, orig_rax) == 120);
static_assert(offsetof(TrapFrame, rip) == 128 && offsetof(TrapFrame, cs) == 136 && offsetof(TrapFrame, rsp) == 152);
static_assert(sizeof(TrapFrame) == 168 && kIstSize % 16 == 0 && offsetof(CpuTables, stacks) % 16 == 0);
static_assert(offsetof(ThreadArch, user_work) == 0);
static_assert(kUserData == 0x2b && kUserCode == 0x33);

}  // namespace arch
