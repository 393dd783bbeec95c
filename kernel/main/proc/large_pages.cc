#include "main/proc/large_pages.h"

#include <array>

#include "fs/sysfs/sysfs.h"
#include "vm/large_pages.h"

namespace kernel_main {
namespace {

using fs::Caller;
using fs::procfs::SeqSink;
using vm::large_pages::Mode;
using vm::large_pages::settings;

// In the order of the enumeration and of Linux's text.
constexpr std::array<std::string_view, 3> kModes{"always", "madvise", "never"};

template <usize kCount>
void show_choice(SeqSink& s, const std::array<std::string_view, kCount>& words, usize chosen) {
    for (usize i = 0; i < words.size(); i++) {
        if (i != 0) s.write(" ");
        const std::string_view word = std::span(words)[i];
        if (i == chosen) {
            base::format_to(s, "[{}]", word);
        } else {
            s.write(word);
        }
    }
    s.write("\n");
}

std::string_view word_of(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

Result<void> show_enabled(const Caller&, SeqSink& s) {
    show_choice(s, kModes, static_cast<usize>(settings.enabled.load(std::memory_order_relaxed)));
    return {};
}
Result<void> write_enabled(const Caller&, std::string_view text) {
    for (usize i = 0; i < kModes.size(); i++) {
        if (word_of(text) != std::span(kModes)[i]) continue;
        settings.enabled.store(static_cast<Mode>(i), std::memory_order_relaxed);
        return {};
    }
    return Errno::kINVAL;
}

// A fault never waits for a large page: "never" is what holds.
Result<void> show_defrag(const Caller&, SeqSink& s) {
    constexpr std::array<std::string_view, 5> kWays{"always", "defer", "defer+madvise", "madvise", "never"};
    show_choice(s, kWays, kWays.size() - 1);
    return {};
}
Result<void> show_shmem(const Caller&, SeqSink& s) {
    constexpr std::array<std::string_view, 6> kWays{"always", "within_size", "advise", "never", "deny", "force"};
    show_choice(s, kWays, 3);
    return {};
}
Result<void> show_zero_page(const Caller&, SeqSink& s) {
    s.write("0\n");
    return {};
}
Result<void> show_size(const Caller&, SeqSink& s) {
    base::format_to(s, "{}\n", arch::level_size(2));
    return {};
}

}  // namespace

Result<void> add_large_page_settings() {
    TRY(fs::sysfs::add_file("kernel/mm/transparent_hugepage/enabled", show_enabled, 0644, write_enabled));
    TRY(fs::sysfs::add_file("kernel/mm/transparent_hugepage/defrag", show_defrag));
    TRY(fs::sysfs::add_file("kernel/mm/transparent_hugepage/shmem_enabled", show_shmem));
    TRY(fs::sysfs::add_file("kernel/mm/transparent_hugepage/use_zero_page", show_zero_page));
    return fs::sysfs::add_file("kernel/mm/transparent_hugepage/hpage_pmd_size", show_size);
}

}  // namespace kernel_main
