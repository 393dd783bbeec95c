#include "process/exec_script.h"

#include "base/bytes.h"

namespace process {

namespace {
constexpr std::string_view kBlanks = " \t";
constexpr usize kHead = 256;
}  // namespace

Result<std::optional<ScriptLine>> parse_script(std::span<const u8> head) {
    std::string_view text = base::text_of(head);
    if (!text.starts_with("#!")) return std::optional<ScriptLine>();
    const usize newline = text.find('\n');
    const bool whole_line = newline != std::string_view::npos;
    const bool cut = !whole_line && head.size() >= kHead;
    std::string_view line = text.substr(2, whole_line ? newline - 2 : std::string_view::npos);
    line = line.substr(0, line.find('\0'));
    const usize start = line.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return Errno::kNOEXEC;
    line = line.substr(start);
    const usize end = line.find_first_of(kBlanks);
    // Without an end in sight the path itself may go on beyond what was read.
    if (end == std::string_view::npos && cut) return Errno::kNOEXEC;
    ScriptLine out;
    out.interpreter = line.substr(0, end);
    if (end != std::string_view::npos) {
        std::string_view rest = line.substr(end);
        const usize first = rest.find_first_not_of(kBlanks);
        if (first != std::string_view::npos)
            out.argument = rest.substr(first, rest.find_last_not_of(kBlanks) - first + 1);
    }
    return std::optional<ScriptLine>(out);
}

}  // namespace process
