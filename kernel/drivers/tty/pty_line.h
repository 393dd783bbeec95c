// PtyLine: what the slave of a pseudo-terminal wrote and the master has not read yet.
// Callers: drivers/tty/pty.
// Locks, context: Rank::kTtyBuffer inside; put() from any context but NMI (echo).
#pragma once

#include <array>

#include "drivers/tty/terminal.h"

namespace drivers::tty {

class PtyLine final : public LineDriver, public RefCounted<PtyLine> {
  public:
    static constexpr usize kSize = 8192;
    virtual ~PtyLine() = default;

    // The slave's side.
    usize try_send(std::span<const u8> bytes) override;
    Result<void> send(std::span<const u8> bytes, usize& sent) override;
    void resume() override { master_output_.notify(object::kPollOut); }
    u32 poll_output(object::PollTable* table) override;
    bool ends_with_session() const override { return false; }
    void first_opened() override;
    void last_closed() override;
    void release() override { drop_ref(); }

    // Packet mode: what the slave does reaches the master too (TIOCPKT_*).
    void settings_changed(const abi::termios2& old, const abi::termios2& now) override;
    void flushed(Flushed what) override;
    void held_up(bool stopped) override;

    // The master's side.
    struct Taken {
        usize count = 0;
        bool slave_gone = false;  // it was open and nobody has it open now
    };
    // In packet mode a status, or TIOCPKT_DATA and bytes.
    Taken take(std::span<u8> to);
    usize available();
    enum class Ready : u8 { kNo, kData, kStatus };
    Ready ready();  // what take() would find
    void set_packet_mode(bool on);
    bool packet_mode();
    bool slave_gone();
    void close_master();
    object::PollSource& master_input() { return master_input_; }    // something to read, or the slave is gone
    object::PollSource& master_output() { return master_output_; }  // the slave has read: room in its line

  private:
    struct State {
        std::array<u8, kSize> ring{};
        usize head = 0, tail = 0;  // grow for ever
        bool slave_gone = false;
        bool master_closed = false;
        bool packet_mode = false;
        u8 status = 0;  // TIOCPKT_*, for the master's next read
        usize room() const { return kSize - (head - tail); }
    };
    void tell(int add, int remove = 0);

    sync::Guarded<State, sync::SpinLock<sync::Rank::kTtyBuffer, sync::kIrqOff>> state_;
    object::PollSource master_input_, master_output_;
    object::PollSource room_;  // for the slave's writers
};

}  // namespace drivers::tty
