#include "platform/pc/proc.h"

#include "fs/procfs/procfs.h"
#include "hw/cpus.h"
#include "hw/irq.h"
#include "platform/pc/ioapic.h"
#include "platform/pc/lapic.h"
#include "sync/spin_lock.h"

namespace platform::pc {
namespace {

using base::format_to;
using fs::Caller;
using fs::procfs::SeqSink;

// A CPU reaches the registers of its own APIC alone: the reader's CPU is shown (taskset chooses it).
Result<void> show_lapic(const Caller&, SeqSink& s) {
    if (!lapic::present()) return Errno::kNODEV;
    FixedString<512> registers;
    u32 cpu = 0;
    {
        sync::PreemptGuard guard;  // so that all are of one CPU; no memory is asked for
        cpu = arch::cpu_id();
        lapic::for_each_register(
            [](std::string_view name, u32 value, void* to) {
                format_to(*static_cast<FixedString<512>*>(to), "{:<16} {:08x}\n", name, value);
            },
            &registers);
    }
    format_to(s, "mode: {}\ntimer: {}, {} Hz\n", lapic::x2apic() ? "x2APIC" : "xAPIC",
              lapic::uses_tsc_deadline() ? "TSC deadline" : "one-shot", lapic::timer_rate());
    for (u32 i = 0; i < hw::cpus_possible(); i++)
        if (const arch::CpuLocal* local = hw::cpu_local(i)) format_to(s, "CPU {}: APIC {}\n", i, local->apic_id);
    format_to(s, "registers of CPU {}:\n", cpu);
    s.write(registers.view());
    return {};
}

Result<void> show_ioapic(const Caller&, SeqSink& s) {
    s.write("gsi chip vector apic trigger polarity state  user\n");
    ioapic::Entry e;
    for (u32 gsi = 0; ioapic::read_entry(gsi, e); gsi++) {
        format_to(s, "{:>3} {:>4}   0x{:02x} {:>4} {:<7} {:<8} {:<6} {}\n", e.gsi, e.chip, e.vector, e.destination,
                  e.level ? "level" : "edge", e.active_low ? "low" : "high", e.masked ? "masked" : "open",
                  e.masked ? "" : hw::irq::vector_user(e.vector));
    }
    return {};
}

}  // namespace

Result<void> add_proc_files() {
    TRY(fs::procfs::add_file("lapic", show_lapic));
    return fs::procfs::add_file("ioapic", show_ioapic);
}

}  // namespace platform::pc
