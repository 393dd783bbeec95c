#include "log/ktap.h"

#include <atomic>

#include "arch/image.h"
#include "time/clock.h"

namespace ktap {
namespace {
constinit std::atomic<u32> failures{0};  // of the running test; its threads report here too
constinit std::atomic<const char*> skipped{nullptr};

const Test& test_at(const void* pointer) { return *static_cast<const Test*>(pointer); }  // KTAP_TEST put it there
}  // namespace

void fail(const char* expression, const char* file, int line) {
    constexpr u32 kPrinted = 10;
    if (failures.fetch_add(1, std::memory_order_relaxed) < kPrinted)
        log::write(log::Level::kError, "# {}:{}: expected {}", file, line, expression);
}

void skip(const char* why) { skipped.store(why, std::memory_order_relaxed); }

u32 run_all(std::string_view filter) {
    u32 planned = 0, number = 0, failed = 0;
    for (const void* p : arch::ktap_table())
        if (std::string_view(test_at(p).name).find(filter) != std::string_view::npos) planned++;
    log::info("KTAP version 1");
    log::info("1..{}", planned);
    for (const void* p : arch::ktap_table()) {
        const Test* t = &test_at(p);
        if (std::string_view(t->name).find(filter) == std::string_view::npos) continue;
        number++;
        failures.store(0, std::memory_order_relaxed);
        skipped.store(nullptr, std::memory_order_relaxed);
        const Instant begin = time::now();
        t->run();
        const u32 bad = failures.load(std::memory_order_relaxed);
        const char* why = skipped.load(std::memory_order_relaxed);
        if (bad != 0) {
            failed++;
            log::info("not ok {} {} # {} failed expectations", number, t->name, bad);
        } else if (why != nullptr) {
            log::info("ok {} {} # SKIP {}", number, t->name, why);
        } else {
            log::info("ok {} {} # {} us", number, t->name, (time::now() - begin).ns / 1000);
        }
    }
    log::info("# ktap: {} run, {} failed", number, failed);
    return failed;
}

}  // namespace ktap
