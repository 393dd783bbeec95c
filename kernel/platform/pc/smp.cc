#include "platform/pc/smp.h"

#include "arch/cpu.h"
#include "arch/descriptors.h"
#include "arch/smp.h"
#include "base/own.h"
#include "hw/cpus.h"
#include "hw/ipi.h"
#include "hw/irq.h"
#include "log/log.h"
#include "memory/kernel_map.h"
#include "memory/page_allocator.h"
#include "platform/pc/lapic.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace platform::pc::smp {
namespace {

constexpr usize kIpis = static_cast<usize>(hw::Ipi::kCount);

constinit std::array<u32, hw::kMaxCpus> g_apic_ids{};  // by CPU number; written once

void send(u32 cpu, hw::Ipi kind) {
    lapic::send(g_apic_ids.at(cpu), static_cast<u8>(hw::irq::kIpiFirst + static_cast<u8>(kind)));
}

template <typename Fn>
void each_other(Fn fn) {
    hw::CpuMask mask = hw::online_mask();
    u32 self = arch::cpu_id();
    for (usize cpu = mask.find_set(); cpu != hw::CpuMask::kNone; cpu = mask.find_set(cpu + 1))
        if (cpu != self) fn(static_cast<u32>(cpu));
}
void send_others(hw::Ipi kind) {
    each_other([kind](u32 cpu) { send(cpu, kind); });
}
void nmi_others() {
    each_other([](u32 cpu) { lapic::send_nmi(g_apic_ids.at(cpu)); });
}

template <hw::Ipi kKind>
bool on_ipi(void*) {
    hw::ipi_arrived(kKind);
    return true;
}
constinit std::array<hw::irq::Action, kIpis> g_actions{{
    {.handler = &on_ipi<hw::Ipi::kReschedule>, .name = "reschedule"},
    {.handler = &on_ipi<hw::Ipi::kCall>, .name = "call"},
    {.handler = &on_ipi<hw::Ipi::kTlb>, .name = "tlb"},
    {.handler = &on_ipi<hw::Ipi::kWake>, .name = "wake"},
}};

// A new CPU's first C++ function: its stack, GS base and descriptor tables are in place, interrupts are off.
void begin_cpu(arch::CpuLocal&) {
    lapic::init_this_cpu();
    sched::run_idle_cpu();
}

bool wait_for(Duration limit, auto condition) {
    Instant end = time::now() + limit;
    while (!condition()) {
        if (time::now() > end) return condition();
        arch::pause();
    }
    return true;
}

struct Trampoline {
    PhysAddr page;
    PhysAddr tables;
};

// The SDM's fixed waits (10 ms after INIT, 200 us after each SIPI) are for CPUs of the 1990s: Linux leaves them out
// from family 6 on, and an emulator needs none. The second SIPI is sent only if the first had no effect.
Result<void> start(u32 cpu, const Trampoline& trampoline) {
    auto block = TRY(make_own<arch::CpuBlock>());
    memory::KernelStack stack = TRY(sched::prepare_cpu(cpu));
    arch::CpuLocal& local = block.release()->local;  // the CPU's from here on, also if it wakes late
    local.cpu_id = cpu;
    local.apic_id = g_apic_ids[cpu];
    hw::register_cpu(cpu, local);
    void* page = memory::direct_map(trampoline.page);
    arch::prepare_trampoline(page, trampoline.page,
                             {.page_tables = trampoline.tables, .stack_top = stack.top(), .local = &local, .entry = &begin_cpu});
    u8 vector = static_cast<u8>(trampoline.page.page_number());
    lapic::send_init(local.apic_id);
    time::delay(Duration::microseconds(10));
    lapic::send_startup(local.apic_id, vector);
    auto online = [&] { return arch::trampoline_done(page) && hw::is_online(cpu); };
    if (!wait_for(Duration::milliseconds(10), online)) {
        lapic::send_startup(local.apic_id, vector);
        if (!wait_for(Duration::milliseconds(1000), online)) return Errno::kTIMEDOUT;
    }
    return {};
}

}  // namespace

void init_ipis() {
    g_apic_ids[0] = lapic::this_apic_id();
    arch::boot_cpu_local().apic_id = g_apic_ids[0];
    for (usize i = 0; i < kIpis; i++) hw::irq::register_handler(static_cast<u8>(hw::irq::kIpiFirst + i), g_actions.at(i));
    hw::set_ipi_sender({.send = &send, .send_others = &send_others, .nmi_others = &nmi_others});
}

void set_cpus(const acpi::Madt& madt, u32 limit) {
    u32 count = 1, most = limit == 0 || limit > hw::kMaxCpus ? hw::kMaxCpus : limit;
    u32 left_out = 0;
    for (usize i = 0; i < madt.cpu_count; i++) {
        u32 id = madt.cpus[i].apic_id;
        if (id == g_apic_ids[0]) continue;
        // Without x2APIC an IPI reaches 8-bit numbers only.
        if (count >= most || (id > 0xfe && !lapic::x2apic())) {
            left_out++;
            continue;
        }
        g_apic_ids.at(count++) = id;
    }
    if (left_out != 0) log::warn("smp: {} of {} CPUs are not used (limit {})", left_out, madt.cpu_count, most);
    hw::set_possible(count);
}

void start_others() {
    u32 count = hw::cpus_possible();
    if (count == 1) return;
    auto page = memory::allocate_low_page();
    auto tables = memory::create_trampoline_tables();
    if (!page.ok() || !tables.ok()) {
        log::error("smp: no memory below {} for starting CPUs; going on with one", page.ok() ? "4 GiB" : "1 MiB");
        return;
    }
    for (u32 cpu = 1; cpu < count; cpu++) {
        auto r = start(cpu, {*page, *tables});
        if (r.ok()) continue;
        log::error("smp: CPU {} (APIC {}) did not start ({}); going on without it", cpu, g_apic_ids[cpu], r.error());
        if (r.error() == Errno::kTIMEDOUT) return;  // it may still be in the trampoline: the page is not free for others
    }
    memory::release_trampoline_tables(*tables);
    log::info("smp: {} CPUs online", hw::cpus_online());
}

}  // namespace platform::pc::smp
