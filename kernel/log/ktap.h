// KTAP tests that run inside the booted kernel: KTAP_TEST(name) { KTAP_EXPECT(x); } in a file *_ktap.cc.
// Callers: every floor's *_ktap.cc; main runs them when the command line has ktap=1 (or ktap=PART of a name).
// Locks, context: a test is called from a kernel thread, interrupts and preemption on, and may sleep.
#pragma once

#include "log/log.h"

namespace ktap {

// One test; the linker gathers the pointers to them in section .ktap.
struct Test {
    const char* name;  // floor.what, e.g. sched.mutex_contention
    void (*run)();
};

// Records a failed expectation of the running test; the first ones are printed.
void fail(const char* expression, const char* file, int line);
// Marks the running test as skipped.
void skip(const char* why);

// Runs all tests whose name contains `filter`, printing KTAP version 1 to the log. The number that failed.
u32 run_all(std::string_view filter);

}  // namespace ktap

#define KTAP_TEST(identifier)                                                                              \
    static void ktap_##identifier();                                                                       \
    static constinit const ktap::Test ktap_test_##identifier = {#identifier, &ktap_##identifier};          \
    [[gnu::section(".ktap"), gnu::used, gnu::retain]] static const void* const ktap_pointer_##identifier = \
        &ktap_test_##identifier;                                                                           \
    static void ktap_##identifier()

#define KTAP_EXPECT(expr) ((expr) ? (void)0 : ktap::fail(#expr, __FILE__, __LINE__))
// Ends the test when it does not hold.
#define KTAP_REQUIRE(expr)                         \
    do {                                           \
        if (!(expr)) {                             \
            ktap::fail(#expr, __FILE__, __LINE__); \
            return;                                \
        }                                          \
    } while (false)
