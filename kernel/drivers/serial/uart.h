// Uart: one 16550. Polled sending, interrupts for what arrives and for room to send after a stall.
// Callers: drivers/serial, drivers/hostio, drivers/tty.
// Locks, context: try_send() and enable_receive() in any context but NMI (Rank::kUart); send_now() in any context.
// Source: National Semiconductor PC16550D data sheet.
#pragma once

#include <span>

#include "base/result.h"
#include "device/pio.h"
#include "hw/irq.h"
#include "sched/wait_queue.h"
#include "sync/guarded.h"

namespace drivers::serial {

class Uart {
  public:
    constexpr Uart(u16 port, u8 irq, const char* name) : ports_(port, 8), irq_(irq), name_(name) {}

    const char* name() const { return name_; }
    // Finds out whether it is there and sets 115200 8n1, FIFOs on. Interrupts stay off. Not twice.
    bool init();
    bool present() const { return present_; }

    // Sends what the FIFO takes now; the number of bytes. 0: it is full.
    usize try_send(std::span<const u8> bytes);
    // All of it, waiting in thread context as long as the other end is slow. kRESTARTSYS: a signal came before the
    // end; the number sent is in `sent` in any case.
    Result<void> send(std::span<const u8> bytes, usize& sent);
    // Without locks, polling, at most about 20 ms for a byte: the log and panics. What cannot be sent is dropped.
    void send_now(std::span<const char> bytes);

    // `receive(context, byte)` in interrupt context for each byte; false: no room, which stops interrupts for received
    // bytes (the byte is kept) until resume_receive(). Sets up the interrupt. ENODEV, EBUSY.
    using Receiver = bool (*)(void* context, u8 byte);
    Result<void> enable_receive(Receiver receiver, void* context);
    void resume_receive();

    // Something can be sent again. For pollers.
    sched::WaitQueue& room_queue() { return room_; }

  private:
    struct State {
        u8 interrupts = 0;  // the enable register
        bool held = false;  // a byte that the receiver did not take
        u8 held_byte = 0;
    };
    using Guard = sync::Guarded<State, sync::SpinLock<sync::Rank::kUart, sync::kIrqOff>>;

    bool room() const;
    void set_interrupts(State& s, u8 value);
    bool receive_all();
    bool on_interrupt();

    device::Pio ports_;
    u8 irq_;
    const char* name_;
    bool present_ = false;
    Receiver receiver_ = nullptr;
    void* receiver_context_ = nullptr;
    hw::irq::Action action_;
    Guard state_;
    sched::WaitQueue room_;
};

// The four ISA ports in their usual places.
Uart& port(usize index);
inline constexpr usize kPorts = 4;

}  // namespace drivers::serial
