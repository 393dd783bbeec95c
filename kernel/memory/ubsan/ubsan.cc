// The UBSAN runtime: what -fsanitize=undefined calls when arithmetic or an access is undefined. A report is a panic.
// Source: the interface of compiler-rt's lib/ubsan/ubsan_handlers.h (data layouts).
#include "base/types.h"
#include "log/log.h"

namespace {

struct Location {
    const char* file;
    u32 line;
    u32 column;
};
struct Type {
    u16 kind;
    u16 info;
    char name[1];
};

[[noreturn]] void report(const Location& at, const char* what, u64 a = 0, u64 b = 0) {
    log::panic("UBSAN: {} at {}:{}:{} ({:#x}, {:#x})", what, at.file, at.line, at.column, a, b);
}

struct Overflow {
    Location at;
    const Type& type;
};
struct ShiftOut {
    Location at;
    const Type &left, &right;
};
struct OutOfBounds {
    Location at;
    const Type &array, &index;
};
struct TypeMismatch {
    Location at;
    const Type& type;
    u8 log_alignment;
    u8 kind;
};
struct Simple {
    Location at;
};
struct InvalidValue {
    Location at;
    const Type& type;
};
struct Builtin {
    Location at;
    u8 kind;
};
struct NonNull {
    Location at, attribute;
    int argument;
};

const char* access_name(u8 kind) {
    constexpr const char* kNames[] = {"load of",
                                      "store to",
                                      "reference binding to",
                                      "member access within",
                                      "member call on",
                                      "constructor call on",
                                      "downcast of",
                                      "downcast of",
                                      "upcast of",
                                      "upcast of",
                                      "dynamic operation on",
                                      "dynamic cast of"};
    return kind < sizeof(kNames) / sizeof(kNames[0]) ? kNames[kind] : "access to";
}

}  // namespace

#define UBSAN_OVERFLOW(name, what)                                                                  \
    extern "C" void __ubsan_handle_##name(Overflow* d, u64 a, u64 b) { report(d->at, what, a, b); } \
    extern "C" void __ubsan_handle_##name##_abort(Overflow* d, u64 a, u64 b) { report(d->at, what, a, b); }
UBSAN_OVERFLOW(add_overflow, "addition overflows")
UBSAN_OVERFLOW(sub_overflow, "subtraction overflows")
UBSAN_OVERFLOW(mul_overflow, "multiplication overflows")
UBSAN_OVERFLOW(negate_overflow, "negation overflows")
UBSAN_OVERFLOW(divrem_overflow, "division overflows or divides by zero")
#undef UBSAN_OVERFLOW

extern "C" {
void __ubsan_handle_shift_out_of_bounds(ShiftOut* d, u64 a, u64 b) { report(d->at, "shift out of bounds", a, b); }
void __ubsan_handle_out_of_bounds(OutOfBounds* d, u64 i) { report(d->at, "array index out of bounds", i); }
void __ubsan_handle_type_mismatch_v1(TypeMismatch* d, u64 p) {
    log::panic("UBSAN: {} {} {} at {}:{}:{} (pointer {:#x})", access_name(d->kind),
               p == 0 ? "null pointer of type" : "misaligned or small", static_cast<const char*>(d->type.name),
               d->at.file, d->at.line, d->at.column, p);
}
void __ubsan_handle_builtin_unreachable(Simple* d) { report(d->at, "unreachable code reached"); }
void __ubsan_handle_missing_return(Simple* d) { report(d->at, "function ends without a value"); }
void __ubsan_handle_vla_bound_not_positive(Overflow* d, u64 n) { report(d->at, "array size not positive", n); }
void __ubsan_handle_load_invalid_value(InvalidValue* d, u64 v) { report(d->at, "value not in its type's range", v); }
void __ubsan_handle_invalid_builtin(Builtin* d) { report(d->at, "builtin called with an invalid argument"); }
void __ubsan_handle_pointer_overflow(Simple* d, u64 a, u64 b) { report(d->at, "pointer arithmetic overflows", a, b); }
void __ubsan_handle_nonnull_arg(NonNull* d) { report(d->at, "null passed where it may not be"); }
void __ubsan_handle_nonnull_return_v1(Simple*, Location* at) { report(*at, "null returned where it may not be"); }
void __ubsan_handle_float_cast_overflow(Simple* d, u64 v) { report(d->at, "value does not fit", v); }
void __ubsan_handle_implicit_conversion(Simple* d, u64 a, u64 b) {
    report(d->at, "implicit conversion changes the value", a, b);
}
void __ubsan_handle_alignment_assumption(Simple* d, u64 p, u64 n, u64) {
    report(d->at, "pointer not aligned as assumed", p, n);
}
}
