#include "platform/pc/smp.h"

#include "arch/cpu.h"
#include "arch/descriptors.h"
#include "arch/smp.h"
#include "arch/tlb.h"
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
    arch::load_page_tables(memory::kernel_root());  // the trampoline's tables go when all have started
    lapic::init_this_cpu();
    sched::run_idle_cpu();
}

// CPUs are started in batches, each with a trampoline page of its own, and come up while the kernel goes on.
constexpr u32 kBatch = 16;
struct Starting {
    u32 cpu = 0;
    PhysAddr page;
};
struct Batch {
    std::array<Starting, kBatch> cpus{};
    u32 count = 0;    // in flight
    u32 next = 1;     // first CPU not tried yet
    u32 pages = 0;    // trampoline pages allocated: those of the first entries
    PhysAddr tables;  // null: nothing is being started
};
constinit Batch g_batch{};  // boot CPU at start-up alone

Result<void> prepare(Starting& s) {
    auto block = TRY(make_own<arch::CpuBlock>());
    memory::KernelStack stack = TRY(sched::prepare_cpu(s.cpu));
    arch::CpuLocal& local = block.release()->local;  // the CPU's from here on, also if it wakes late
    local.cpu_id = s.cpu;
    local.apic_id = g_apic_ids[s.cpu];
    hw::register_cpu(s.cpu, local);
    arch::prepare_trampoline(
        memory::direct_map(s.page), s.page,
        {.page_tables = g_batch.tables, .stack_top = stack.top(), .local = &local, .entry = &begin_cpu});
    return {};
}

void send_startup(const Starting& s) {
    lapic::send_startup(g_apic_ids.at(s.cpu), static_cast<u8>(s.page.page_number()));
}

std::span<Starting> in_flight() { return std::span(g_batch.cpus).first(g_batch.count); }

// The SDM's fixed waits (10 ms after INIT, 200 us after each SIPI) are for CPUs of the 1990s: Linux leaves them out
// from family 6 on, and an emulator needs none. The second SIPI is sent only if the first had no effect.
void start_batch() {
    g_batch.count = 0;
    while (g_batch.count < kBatch && g_batch.next < hw::cpus_possible()) {
        Starting& s = g_batch.cpus.at(g_batch.count);
        if (g_batch.count == g_batch.pages) {
            auto page = memory::allocate_low_page();
            if (!page.ok()) {
                if (g_batch.count == 0) log::error("smp: no memory below 1 MiB for starting CPUs");
                break;
            }
            s.page = *page;
            g_batch.pages++;
        }
        s.cpu = g_batch.next++;
        auto ready = prepare(s);
        if (!ready.ok()) {
            log::error("smp: no memory for CPU {} ({}): going on without it", s.cpu, ready.error());
            continue;
        }
        lapic::send_init(g_apic_ids.at(s.cpu));
        g_batch.count++;
    }
    time::delay(Duration::microseconds(10));
    for (const Starting& s : in_flight()) send_startup(s);
}

bool all_online() {
    for (const Starting& s : in_flight())
        if (!hw::is_online(s.cpu)) return false;
    return true;
}

bool wait_for_batch(Duration limit) {
    Instant end = time::now() + limit;
    while (!all_online()) {
        if (time::now() > end) return all_online();
        arch::pause();
    }
    return true;
}

// False: one of them never came. It may still be on its way through its page, which must not be used again then.
bool finish_batch() {
    if (wait_for_batch(Duration::milliseconds(20))) return true;
    for (const Starting& s : in_flight())
        if (!hw::is_online(s.cpu)) send_startup(s);
    if (wait_for_batch(Duration::milliseconds(1000))) return true;
    for (const Starting& s : in_flight())
        if (!hw::is_online(s.cpu))
            log::error("smp: CPU {} (APIC {}) does not answer: going on without it", s.cpu, g_apic_ids.at(s.cpu));
    return false;
}

}  // namespace

void init_ipis() {
    g_apic_ids[0] = lapic::this_apic_id();
    arch::boot_cpu_local().apic_id = g_apic_ids[0];
    for (usize i = 0; i < kIpis; i++)
        hw::irq::register_handler(static_cast<u8>(hw::irq::kIpiFirst + i), g_actions.at(i));
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
    if (hw::cpus_possible() == 1) return;
    auto tables = memory::create_trampoline_tables();
    if (!tables.ok()) {
        log::error("smp: no memory below 4 GiB for starting CPUs; going on with one");
        return;
    }
    g_batch.tables = *tables;
    start_batch();
}

void await_others() {
    if (g_batch.tables.is_null()) return;
    bool complete = finish_batch();
    while (complete && g_batch.next < hw::cpus_possible()) {
        start_batch();
        if (g_batch.count == 0) break;
        complete = finish_batch();
    }
    if (complete) memory::release_trampoline_tables(g_batch.tables);
    g_batch.tables = PhysAddr();
    log::info("smp: {} CPUs online", hw::cpus_online());
}

}  // namespace platform::pc::smp
