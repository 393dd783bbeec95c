#include "base/bytes.h"
#include "process/exec_image.h"
#include "vm/user_memory.h"

namespace process {

namespace {

// include/uapi/linux/binfmts.h and limits.h; exec(2) on E2BIG.
constexpr u64 kMaxStringBytes = 32 * kPageSize;
constexpr u64 kMaxStrings = 0x7fffffff;
constexpr u64 kLeastLimit = 128 * 1024;
constexpr u64 kMostLimit = 6ull << 20;

u64 total_limit(u64 stack_limit) {
    const u64 quarter = std::min(stack_limit / 4, kMostLimit);
    return std::max(quarter, kLeastLimit);
}

}  // namespace

Result<std::span<u8>> Arguments::extend(usize n) { return bytes_.try_extend(n); }

Result<void> Arguments::add(std::string_view text, Vector<u32>& lengths) {
    TRY(lengths.try_push(static_cast<u32>(text.size() + 1)));
    const std::span<u8> to = TRY(extend(text.size() + 1));
    base::copy(to, base::bytes_of(text));
    to.back() = 0;
    return {};
}

Result<void> Arguments::add_user_string(UserAddr string, Vector<u32>& lengths, u64 limit) {
    const usize length = TRY(vm::UserCString(string).length(kMaxStringBytes));
    if (length >= kMaxStringBytes) return Errno::k2BIG;
    if (bytes_.size() + length + 1 > limit) return Errno::k2BIG;
    TRY(lengths.try_push(static_cast<u32>(length + 1)));
    const std::span<u8> to = TRY(extend(length + 1));
    TRY(vm::UserSpan{string, length}.copy_in(to.first(length)));
    to.back() = 0;  // whatever another thread has put there meanwhile
    return {};
}

Result<void> Arguments::add_user_array(UserAddr array, Vector<u32>& lengths, u64 limit) {
    if (array.is_null()) return {};
    const vm::UserIn<u64> pointers(array);
    for (usize i = 0;; i++) {
        const u64 pointer = TRY(pointers.fetch_at(i));
        if (pointer == 0) return {};
        if (i >= kMaxStrings) return Errno::k2BIG;
        // The pointers take room on the new stack, too.
        if ((argv_.size() + envp_.size() + 1) * sizeof(u64) >= limit) return Errno::k2BIG;
        TRY(add_user_string(UserAddr(pointer), lengths, limit - (argv_.size() + envp_.size() + 1) * sizeof(u64)));
    }
}

Result<Arguments> Arguments::gather(const ExecStrings& strings, u64 stack_limit) {
    Arguments out;
    if (strings.kernel) {
        for (std::string_view text : strings.argv) TRY(out.add(text, out.argv_));
        if (out.argv_.empty()) TRY(out.add("", out.argv_));
        for (std::string_view text : strings.envp) TRY(out.add(text, out.envp_));
        return out;
    }
    const u64 limit = total_limit(stack_limit);
    TRY(out.bytes_.try_reserve(2048));
    TRY(out.add_user_array(strings.user_argv, out.argv_, limit));
    // An empty argv would let programs take envp[0] for argv[1]; Linux puts "" since 5.18.
    if (out.argv_.empty()) TRY(out.add("", out.argv_));
    TRY(out.add_user_array(strings.user_envp, out.envp_, limit));
    return out;
}

Result<void> Arguments::put_interpreter(std::string_view interpreter, std::string_view argument,
                                        std::string_view script) {
    Arguments fresh;
    TRY(fresh.add(interpreter, fresh.argv_));
    if (!argument.empty()) TRY(fresh.add(argument, fresh.argv_));
    TRY(fresh.add(script, fresh.argv_));
    usize skipped = 0;
    for (usize i = 0; i < argv_.size(); i++) {
        if (i == 0) {
            skipped = argv_[0];
        } else {
            TRY(fresh.argv_.try_push(argv_[i]));
        }
    }
    const std::span<const u8> rest = bytes().subspan(skipped);
    base::copy(TRY(fresh.extend(rest.size())), rest);
    fresh.envp_ = std::move(envp_);
    *this = std::move(fresh);
    return {};
}

}  // namespace process
