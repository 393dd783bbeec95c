// NUMA memory policies as a machine with one node answers (Linux 6.1: mm/mempolicy.c, mm/migrate.c): all is checked and
// remembered, and every page is on node 0 whatever was asked for.
#include "abi/linux/mman.h"
#include "base/bytes.h"
#include "generated/syscall_prototypes.h"
#include "process/trace.h"
#include "vm/address_space.h"

namespace linux_abi {
namespace {

using process::Task;
using vm::NodePolicy;

constexpr u64 kMostNodes = 1024;  // MAX_NUMNODES
constexpr u64 kOnlyNode = 1;      // as a mask
constexpr u32 kModeFlags = abi::MPOL_F_STATIC_NODES | abi::MPOL_F_RELATIVE_NODES | abi::MPOL_F_NUMA_BALANCING;
constexpr u32 kUserMask = abi::MPOL_F_STATIC_NODES | abi::MPOL_F_RELATIVE_NODES;

// A set of nodes: those below 64, and whether there are others.
struct Nodes {
    u64 low = 0;
    bool others = false;
    bool empty() const { return low == 0 && !others; }
};

// get_nodes(): `count` is one more than the number of bits. EINVAL, EFAULT.
Result<Nodes> fetch_nodes(UserAddr mask, u64 count) {
    Nodes nodes;
    count--;
    if (count == 0 || mask.is_null()) return nodes;
    if (count > kPageSize * 8) return Errno::kINVAL;
    for (u64 bit = 0; bit < count; bit += 64) {
        u64 word = TRY(vm::UserIn<u64>(mask).fetch_at(bit / 64));
        if (count - bit < 64) word &= (u64{1} << (count - bit)) - 1;
        if (bit >= kMostNodes && word != 0) return Errno::kINVAL;
        if (bit == 0) nodes.low = word;
        if (bit != 0 && word != 0) nodes.others = true;
    }
    return nodes;
}

Result<void> store_nodes(UserAddr mask, u64 count, u64 nodes) {
    const u64 bytes = align_up(count - 1, u64{64}) / 8;
    if (bytes > kPageSize) return Errno::kINVAL;
    for (u64 at = 0; at < bytes; at += sizeof(u64)) TRY(vm::UserOut<u64>(mask + at).store(at == 0 ? nodes : 0));
    return {};
}

// sanitize_mpol_flags().
Result<NodePolicy> split_mode(u32 mode) {
    const NodePolicy p{.mode = static_cast<u16>(mode & ~kModeFlags), .flags = static_cast<u16>(mode & kModeFlags)};
    if ((mode & ~kModeFlags) > abi::MPOL_PREFERRED_MANY) return Errno::kINVAL;
    if ((mode & kUserMask) == kUserMask) return Errno::kINVAL;
    if ((mode & abi::MPOL_F_NUMA_BALANCING) != 0 && p.mode != abi::MPOL_BIND) return Errno::kINVAL;
    return p;
}

// mpol_new() and mpol_set_nodemask(). EINVAL.
Result<NodePolicy> complete(NodePolicy p, const Nodes& nodes) {
    const bool of_user = (p.flags & kUserMask) != 0;
    switch (p.mode) {
        case abi::MPOL_DEFAULT:
            if (!nodes.empty()) return Errno::kINVAL;
            return NodePolicy();
        case abi::MPOL_PREFERRED:
            if (nodes.empty()) {
                if (of_user) return Errno::kINVAL;
                p.mode = abi::MPOL_LOCAL;
                return p;
            }
            break;
        case abi::MPOL_LOCAL:
            if (!nodes.empty() || of_user) return Errno::kINVAL;
            return p;
        default:
            if (nodes.empty()) return Errno::kINVAL;
    }
    // Relative numbers are folded onto the nodes that exist.
    const bool relative = (p.flags & abi::MPOL_F_RELATIVE_NODES) != 0;
    if (!relative && (nodes.low & kOnlyNode) == 0) return Errno::kINVAL;
    p.nodes = of_user ? nodes.low : kOnlyNode;
    return p;
}

Result<NodePolicy> make_policy(u32 mode, UserAddr mask, u64 count) {
    const NodePolicy p = TRY(split_mode(mode));
    return complete(p, TRY(fetch_nodes(mask, count)));
}

// The memory that migrate_pages and move_pages are about. ESRCH, EPERM, EINVAL.
Result<OptRef<vm::AddressSpace>> space_of(Ctx& ctx, i32 pid) {
    if (pid == 0) return ctx.task.address_space_of();
    const OptRef<Task> target = process::find_task_or_remains(pid);
    if (!target) return Errno::kSRCH;
    TRY(process::may_trace(ctx.task, *target, process::AccessMode::kRead));
    OptRef<vm::AddressSpace> space = target->address_space_of();
    if (!space) return Errno::kINVAL;
    return space;
}

// Node or error number of the page at `address`.
i32 place_of(vm::AddressSpace& space, UserAddr address) {
    const Result<vm::PageState> state = space.page_state(address);
    if (!state.ok()) return -static_cast<i32>(Errno::kFAULT);
    if (!state.value().present) return -static_cast<i32>(Errno::kNOENT);
    return state.value().zero_page ? -static_cast<i32>(Errno::kFAULT) : 0;
}

bool may_move_all(const Ctx& ctx) { return ctx.task.credentials().capable(abi::CAP_SYS_NICE); }

}  // namespace

Result<i64> sys_set_mempolicy(Ctx& ctx, i32 mode, UserAddr nmask, u64 maxnode) {
    ctx.task.memory_policy = TRY(make_policy(static_cast<u32>(mode), nmask, maxnode));
    return 0;
}

Result<i64> sys_get_mempolicy(Ctx& ctx, vm::UserOut<i32> policy, UserAddr nmask, u64 maxnode, UserAddr addr,
                              u64 flags) {
    constexpr u64 kNode = abi::MPOL_F_NODE, kAddr = abi::MPOL_F_ADDR, kAllowed = abi::MPOL_F_MEMS_ALLOWED;
    if (!nmask.is_null() && maxnode < 1) return Errno::kINVAL;
    if ((flags & ~(kNode | kAddr | kAllowed)) != 0) return Errno::kINVAL;
    i32 value = 0;
    u64 nodes = kOnlyNode;
    if ((flags & kAllowed) != 0) {
        if ((flags & (kNode | kAddr)) != 0) return Errno::kINVAL;
    } else {
        NodePolicy p = ctx.task.memory_policy;
        if ((flags & kAddr) != 0) {
            p = TRY(ctx.task.address_space().policy_at(addr));
        } else if (!addr.is_null()) {
            return Errno::kINVAL;
        }
        if ((flags & kNode) != 0) {
            // Where the page is, which is brought in for that; or where the next one of an interleaved set would go.
            if ((flags & kAddr) != 0) {
                TRY(ctx.task.address_space().pin_page(addr, vm::FaultKind::kRead));
            } else if (p.mode != abi::MPOL_INTERLEAVE) {
                return Errno::kINVAL;
            }
        } else {
            value = p.mode | p.flags;
        }
        nodes = p.nodes;
    }
    if (policy) TRY(policy.store(value));
    if (!nmask.is_null()) TRY(store_nodes(nmask, maxnode, nodes));
    return 0;
}

Result<i64> sys_mbind(Ctx& ctx, UserAddr start, usize len, u64 mode, UserAddr nmask, u64 maxnode, u32 flags) {
    constexpr u32 kValid = abi::MPOL_MF_STRICT | abi::MPOL_MF_MOVE | abi::MPOL_MF_MOVE_ALL;
    const NodePolicy wanted = TRY(split_mode(static_cast<u32>(mode)));
    const Nodes nodes = TRY(fetch_nodes(nmask, maxnode));
    if ((flags & ~kValid) != 0) return Errno::kINVAL;
    if ((flags & abi::MPOL_MF_MOVE_ALL) != 0 && !may_move_all(ctx)) return Errno::kPERM;
    if (!start.page_aligned()) return Errno::kINVAL;
    const u64 length = align_up(len, usize{kPageSize});
    if (start.value + length < start.value) return Errno::kINVAL;
    if (length == 0) return 0;
    TRY(ctx.task.address_space().set_policy(start, length, TRY(complete(wanted, nodes))));
    return 0;
}

Result<i64> sys_set_mempolicy_home_node(Ctx& ctx, UserAddr start, usize len, u64 home_node, u64 flags) {
    if (!start.page_aligned() || flags != 0 || home_node != 0) return Errno::kINVAL;
    const u64 length = align_up(len, usize{kPageSize});
    if (start.value + length < start.value) return Errno::kINVAL;
    if (length == 0) return 0;
    // Only policies with several nodes have a home among them.
    bool found = false, unfit = false;
    ctx.task.address_space().for_each_mapping(
        [&](const vm::MappingInfo& m) {
            if (m.start.value >= start.value + length) return false;
            if (m.policy.mode == abi::MPOL_DEFAULT) return true;
            found = true;
            unfit = m.policy.mode != abi::MPOL_BIND && m.policy.mode != abi::MPOL_PREFERRED_MANY;
            return !unfit;
        },
        start);
    if (!found) return Errno::kNOENT;
    if (unfit) return Errno::kOPNOTSUPP;
    return 0;
}

Result<i64> sys_migrate_pages(Ctx& ctx, i32 pid, u64 maxnode, UserAddr from, UserAddr to) {
    TRY(fetch_nodes(from, maxnode));
    const Nodes target = TRY(fetch_nodes(to, maxnode));
    TRY(space_of(ctx, pid));
    if (((target.low & ~kOnlyNode) != 0 || target.others) && !may_move_all(ctx)) return Errno::kPERM;
    if ((target.low & kOnlyNode) == 0) return Errno::kINVAL;
    return 0;  // all are there
}

Result<i64> sys_move_pages(Ctx& ctx, i32 pid, u64 nr_pages, UserAddr pages, UserAddr nodes, UserAddr status,
                           i32 flags) {
    if ((flags & ~(abi::MPOL_MF_MOVE | abi::MPOL_MF_MOVE_ALL)) != 0) return Errno::kINVAL;
    if ((flags & abi::MPOL_MF_MOVE_ALL) != 0 && !may_move_all(ctx)) return Errno::kPERM;
    const OptRef<vm::AddressSpace> space = TRY(space_of(ctx, pid));
    for (u64 i = 0; i < nr_pages; i++) {
        const UserAddr page(TRY(vm::UserIn<u64>(pages).fetch_at(i)));
        if (!nodes.is_null()) {
            const i32 node = TRY(vm::UserIn<i32>(nodes).fetch_at(i));
            if (node != 0) return Errno::kNODEV;
        }
        TRY(vm::UserOut<i32>(status + i * sizeof(i32)).store(place_of(*space, page)));
        if (i % 512 == 511 && ctx.task.killed()) return Errno::kINTR;
    }
    return 0;
}

}  // namespace linux_abi
