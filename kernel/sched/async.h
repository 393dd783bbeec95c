// Async<T>: a coroutine that ends with a Result<T>. It begins when it is awaited; its frame comes from the
// heap. Callers: actors and what they call. Written as: Async<u32> f() { ...; co_return 3; }, used as
// CO_TRY(co_await f()). Locks, context: an executor's thread. A coroutine holds no lock across a co_await.
// Source: C++20, [dcl.fct.def.coroutine]. docs/decisions/0110-coroutines.md
#pragma once

#include <coroutine>
#include <utility>

#include "base/heap.h"
#include "base/result.h"
#include "sched/strand.h"

namespace sched {

// What every Async's promise has. A frame that finds no memory is no Async: awaiting it gives ENOMEM.
class AsyncPromise {
  public:
    static void* operator new(usize size) noexcept { return base::heap_allocate(size, 16); }
    static void operator delete(void* frame) noexcept { base::heap_free(frame); }

    // At the end whoever awaits goes on at once, without growing the stack.
    struct Final {
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            const AsyncPromise& promise = ended.promise();
            return promise.awaiting_ ? promise.awaiting_ : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {}; }
    void unhandled_exception() const noexcept {}

    Strand& strand() const { return *strand_; }
    void begin_within(Strand& strand, std::coroutine_handle<> awaiting) {
        strand_ = &strand;
        awaiting_ = awaiting;
    }

  private:
    Strand* strand_ = nullptr;
    std::coroutine_handle<> awaiting_;  // null: the outermost
};

template <typename T>
class [[nodiscard]] Async {
  public:
    class promise_type : public AsyncPromise {
      public:
        Async get_return_object() { return Async(std::coroutine_handle<promise_type>::from_promise(*this)); }
        static Async get_return_object_on_allocation_failure() { return {}; }
        void return_value(Result<T> result) { result_ = std::move(result); }
        Result<T> take_result() { return std::move(result_); }

      private:
        Result<T> result_ = Errno::kCANCELED;
    };

    Async() = default;
    Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Async& operator=(Async&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    // A coroutine that waits somewhere is ended there: what it waits for must not come any more.
    ~Async() {
        if (handle_) handle_.destroy();
    }

    // False: there was no memory for the frame, and nothing has been done.
    explicit operator bool() const { return handle_ != nullptr; }
    bool done() const { return !handle_ || handle_.done(); }

    // Makes this the outermost coroutine of `strand`, which begins it when it is woken.
    void begin(Strand& strand) {
        handle_.promise().begin_within(strand, nullptr);
        strand.park(handle_);
    }
    // Of an outermost coroutine, once done().
    Result<T> result() { return handle_ ? handle_.promise().take_result() : Result<T>(Errno::kNOMEM); }

    struct Awaiter {
        std::coroutine_handle<promise_type> callee;
        bool await_ready() const { return !callee; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) const {
            callee.promise().begin_within(caller.promise().strand(), caller);
            return callee;
        }
        Result<T> await_resume() const { return callee ? callee.promise().take_result() : Result<T>(Errno::kNOMEM); }
    };
    Awaiter operator co_await() const { return Awaiter{handle_}; }

  private:
    explicit Async(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_ = nullptr;
};

}  // namespace sched
