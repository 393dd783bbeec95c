// FrameDecoder: the host's standard input as it comes over a serial line: u16 little-endian length and bytes, length 0
// for the end of file. Pure.
// Callers: drivers/hostio, host tests.
// Locks, context: none of its own.
#pragma once

#include <optional>

#include "base/types.h"

namespace drivers::hostio {

class FrameDecoder {
  public:
    struct Event {
        std::optional<u8> byte;  // one byte of the stream
        bool end = false;        // the stream ended here
    };
    Event feed(u8 c) {
        switch (state_) {
            case State::kLow:
                left_ = c;
                state_ = State::kHigh;
                return {};
            case State::kHigh:
                left_ = static_cast<u16>(left_ | c << 8);
                state_ = left_ == 0 ? State::kLow : State::kBody;
                return {.byte = std::nullopt, .end = left_ == 0};
            case State::kBody:
                if (--left_ == 0) state_ = State::kLow;
                return {.byte = c, .end = false};
        }
        return {};
    }

  private:
    enum class State : u8 { kLow, kHigh, kBody };
    State state_ = State::kLow;
    u16 left_ = 0;
};

}  // namespace drivers::hostio
