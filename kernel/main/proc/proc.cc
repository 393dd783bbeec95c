#include "main/proc/proc.h"

#include "abi/linux/capability.h"
#include "arch/descriptors.h"
#include "arch/trap.h"
#include "device/pci/pci.h"
#include "fs/procfs/procfs.h"
#include "hw/irq.h"
#include "log/symbols.h"
#include "main/coverage/coverage.h"
#include "main/proc/huge_pages.h"
#include "main/proc/large_pages.h"
#include "main/proc/memory.h"
#include "main/proc/vm_settings.h"
#include "sync/spin_lock.h"

namespace kernel_main {
namespace {

using base::format_to;
using fs::Caller;
using fs::procfs::SeqSink;

// ---- idt ----

std::string_view vector_meaning(u32 vector) {
    if (vector < arch::kFirstDeviceVector) return arch::vector_name(static_cast<u8>(vector));
    if (vector == arch::kSyscall32Vector) return "32-bit system calls";
    return hw::irq::vector_user(static_cast<u8>(vector));
}

Result<void> show_idt(const Caller&, SeqSink& s) {
    s.write("vector handler          selector stack user meaning\n");
    for (u32 vector = 0; vector < 256; vector++) {
        const arch::GateInfo gate = arch::gate_info(static_cast<u8>(vector));
        format_to(s, "0x{:02x} {:016x} {:#x} ist{} {} {}\n", vector, gate.handler, gate.selector,
                  static_cast<u32>(gate.stack), gate.user_callable ? "yes" : "no", vector_meaning(vector));
    }
    return {};
}

// ---- pci ----

Result<void> show_pci(const Caller&, SeqSink& s) {
    for (const device::pci::Function& f : device::pci::functions()) {
        const device::pci::Address& a = f.address;
        format_to(s, "{:04x}:{:02x}:{:02x}.{} {:04x}:{:04x} class {:06x} revision {:02x}", a.segment, a.bus, a.slot,
                  a.function, f.vendor, f.device, f.class_code, f.revision);
        if (f.bridge()) s.write(" bridge");
        if (f.interrupt_pin != 0) format_to(s, " pin {} line {}", f.interrupt_pin, f.interrupt_line);
        s.write("\n");
        for (usize i = 0; i < f.bars.size(); i++) {
            const device::pci::Bar& bar = f.bars[i];
            if (bar.kind == device::pci::Bar::Kind::kNone) continue;
            format_to(s, "    {}: {} {:#x} size {:#x}{}\n", i, bar.memory() ? "memory" : "ports", bar.base, bar.size,
                      bar.prefetchable ? " prefetchable" : "");
        }
    }
    return {};
}

// Linux's drivers/pci/proc.c, show_device(): six base addresses and the ROM's, then the sizes.
Result<void> show_pci_devices(const Caller&, SeqSink& s) {
    using Kind = device::pci::Bar::Kind;
    for (const device::pci::Function& f : device::pci::functions()) {
        format_to(s, "{:02x}{:02x}\t{:04x}{:04x}\t{:x}", f.address.bus, u32{f.address.slot} << 3 | f.address.function,
                  f.vendor, f.device, f.interrupt_line);
        for (const device::pci::Bar& bar : f.bars) {
            const u64 flags =
                bar.kind == Kind::kPorts ? 1u : (bar.kind == Kind::kMemory64 ? 4u : 0u) | (bar.prefetchable ? 8u : 0u);
            format_to(s, "\t{:>16x}", bar.kind == Kind::kNone ? u64{0} : bar.base | flags);
        }
        format_to(s, "\t{:>16x}", 0);
        for (const device::pci::Bar& bar : f.bars) format_to(s, "\t{:>16x}", bar.size);
        format_to(s, "\t{:>16x}\t\n", 0);
    }
    return {};
}

// ---- lock_ranks ----

Result<void> show_lock_ranks(const Caller&, SeqSink& s) {
    format_to(s, "{:<20} {:<8} {:>10} {:>12}\n", "outermost first", "kind", "waits", "turns");
    for (u32 i = 0; i < static_cast<u32>(sync::Rank::kCount); i++) {
        const sync::Rank rank = static_cast<sync::Rank>(i);
        const std::string_view name = sync::lockdep::rank_name(rank);
        if (!sync::is_spin_rank(rank)) {
            format_to(s, "{:<20} sleeping\n", name);
            continue;
        }
        const sync::Contention c = sync::contention(rank);
        format_to(s, "{:<20} {:<8} {:>10} {:>12}\n", name, "spin", c.waits, c.turns);
    }
    return {};
}

// ---- cmdline, kallsyms, modules, cgroups ----

std::string_view options;

Result<void> show_options(const Caller&, SeqSink& s) {
    format_to(s, "{}\n", options);
    return {};
}

// Where things are is told to who may read the kernel's log (Linux: kptr_restrict 1).
Result<void> show_symbols(const Caller& caller, SeqSink& s) {
    const bool told = caller.credentials.capable(abi::CAP_SYSLOG);
    for (u64 i = 0;; i++) {
        const log::Symbol symbol = log::symbol_at(i);
        if (symbol.name.empty()) return {};
        format_to(s, "{:016x} t {}\n", told ? symbol.offset : 0, symbol.name);
    }
}

// The kernel is of one piece, and has no controllers.
Result<void> show_modules(const Caller&, SeqSink&) { return {}; }
Result<void> show_controllers(const Caller&, SeqSink& s) {
    s.write("#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
    return {};
}

}  // namespace

Result<void> add_proc_files(const arch::BootInfo& info) {
    using fs::procfs::add_file;
    options = info.options();
    TRY(add_file("cmdline", show_options));
    TRY(add_file("kallsyms", show_symbols));
    TRY(add_file("modules", show_modules));
    TRY(add_file("cgroups", show_controllers));
    TRY(add_memory_files(info));
    TRY(add_vm_settings());
    TRY(add_large_page_settings());
    TRY(add_huge_page_settings());
    TRY(add_file("idt", show_idt, 0400));  // kernel addresses are root's
    TRY(add_file("pci", show_pci));
    TRY(add_file("bus/pci/devices", show_pci_devices));
    TRY(add_file("lock_ranks", show_lock_ranks));
    return coverage::add_proc_file();
}

}  // namespace kernel_main
