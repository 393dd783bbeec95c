// Source: Linux 6.1 fs/coredump.c (format_corename, cn_esc_printf).
#include "process/core_name.h"

#include "base/format.h"

namespace process {

namespace {

class NameBuilder {
  public:
    Result<void> put(std::string_view text) { return text_.try_append(text); }
    Result<void> number(auto n) {
        FixedString<24> digits;
        base::format_to(digits, "{}", n);
        return put(digits.view());
    }
    // A name from outside: no slashes, and neither "." nor "..", nor nothing at all.
    Result<void> put_escaped(std::string_view text) {
        if (text.empty()) return put("!");
        const bool dots = text == "." || text == "..";
        for (usize i = 0; i < text.size(); i++) {
            const bool bad = text[i] == '/' || (dots && i == 0);
            TRY(put(bad ? std::string_view("!") : text.substr(i, 1)));
        }
        return {};
    }
    String take() { return std::move(text_); }

  private:
    String text_;
};

Result<void> expand(NameBuilder& out, char specifier, const CoreFacts& f) {
    switch (specifier) {
        case '%': return out.put("%");
        case 'p':
        case 'P': return out.number(f.pid);
        case 'i':
        case 'I': return out.number(f.tid);
        case 'u': return out.number(f.uid);
        case 'g': return out.number(f.gid);
        case 'd': return out.number(1);  // nothing else is dumped
        case 's': return out.number(f.signo);
        case 't': return out.number(f.time_s);
        case 'c': return out.number(f.limit);
        case 'h': return out.put_escaped(f.host);
        case 'e': return out.put_escaped(f.name);
        case 'f': return out.put_escaped(f.program.substr(f.program.find_last_of('/') + 1));
        case 'E': return out.put_escaped(f.program);
        default: return {};
    }
}

}  // namespace

Result<String> core_name(std::string_view pattern, const CoreFacts& facts) {
    NameBuilder out;
    bool has_pid = false;
    for (usize i = 0; i < pattern.size(); i++) {
        if (pattern[i] != '%') {
            TRY(out.put(pattern.substr(i, 1)));
            continue;
        }
        if (++i == pattern.size()) break;  // a lone % at the end is dropped
        has_pid = has_pid || pattern[i] == 'p';
        TRY(expand(out, pattern[i], facts));
    }
    if (!has_pid && facts.append_pid) {
        TRY(out.put("."));
        TRY(out.number(facts.pid));
    }
    return out.take();
}

}  // namespace process
