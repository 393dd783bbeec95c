// UnixSocket: a socket of family AF_UNIX: stream, datagram or sequenced packet (unix(7)).
// Callers: net/socket.cc; net/unix.
// Locks, context: as Socket. relay_lock_ (kSocketBind); link_ (spin) around whom it is connected to.
#pragma once

#include "net/socket.h"
#include "net/unix/endpoint.h"

namespace net {

class UnixSocket final : public Socket {
  public:
    static constexpr object::Facet kUnixFacet{"unix socket"};

    // ESOCKTNOSUPPORT, EPROTONOSUPPORT, ENOMEM.
    static Result<Ref<UnixSocket>> create(const Caller& caller, int type, int protocol, u32 flags);
    // socketpair.
    static Result<void> join(const Caller& caller, UnixSocket& a, UnixSocket& b);
    // `file` as one, or null.
    static UnixSocket* of(object::File& file) { return static_cast<UnixSocket*>(file.facet(kUnixFacet)); }
    UnixEndpoint& endpoint() const { return *own_; }

    Result<void> bind(const Caller& caller, const SocketAddress& address) override;
    Result<void> listen(const Caller& caller, u32 backlog) override;
    Result<void> connect(const Caller& caller, const SocketAddress& address, bool nonblock) override;
    Result<Ref<Socket>> accept(bool nonblock) override;
    Result<SocketAddress> own_name() override { return own_->encoded_address(); }
    Result<SocketAddress> peer_name() override;
    Result<usize> send(SendRequest& request) override;
    // Packets go where the socket is connected to and nowhere else (Linux: unix_seqpacket_sendmsg).
    Result<void> check_send() const override {
        return type() == abi::SOCK_SEQPACKET && state() != State::kConnected ? Result<void>(Errno::kNOTCONN)
                                                                             : Result<void>();
    }
    Result<usize> receive(ReceiveRequest& request) override;
    Result<void> shutdown(u32 how) override;
    bool listening() const override { return state() == State::kListening; }
    i32 take_error() override { return own_->take_error(); }
    abi::ucred peer_credentials() const override;
    Result<void> pass_credentials(bool on) override;
    bool passes_credentials() const override { return own_->passes_credentials.load(std::memory_order_relaxed); }
    void send_limit_changed() override { own_->send_limit.store(send_limit(), std::memory_order_relaxed); }

    void* facet(const object::Facet& wanted) override { return &wanted == &kUnixFacet ? this : Socket::facet(wanted); }
    Result<i64> ioctl(object::IoctlCtx& ctx) override;
    u32 poll(object::PollTable* table) override;
    void on_closed() override;

    // Use create().
    UnixSocket(int type, u32 flags) : Socket(abi::AF_UNIX, type, 0, flags) {}
    ~UnixSocket() override;

  private:
    enum class State : u8 { kFresh, kConnecting, kListening, kConnected };
    enum class End : u8 { kClosed, kNeverAccepted };
    State state() const { return state_.load(std::memory_order_acquire); }
    bool stream() const { return type() == abi::SOCK_STREAM; }
    bool datagram() const { return type() == abi::SOCK_DGRAM; }

    // connect.cc
    Result<Ref<UnixEndpoint>> find(const Caller& caller, const UnixAddress& address);
    Result<void> bind_path(const Caller& caller, UnixAddress& address);
    Result<void> bind_automatically();
    Result<void> connect_stream(const Caller& caller, const UnixAddress& address, bool nonblock);
    Result<void> connect_datagram(const Caller& caller, const SocketAddress& address);
    void set_target(OptRef<UnixEndpoint> target);
    OptRef<UnixEndpoint> target() const;
    // The two become the ends of one connection.
    static void link(UnixSocket& a, UnixSocket& b);
    static void unlink(UnixSocket& a, UnixSocket& b);
    void close(End end);
    void purge(bool& had_data);

    // stream.cc
    Result<usize> send_stream(SendRequest& request);
    Result<usize> receive_stream(ReceiveRequest& request);
    struct Taking;
    Result<void> take_bytes(UnixEndpoint::Queue& queue, ReceiveRequest& request, Taking& taking);
    // datagram.cc
    Result<usize> send_message(SendRequest& request);
    Result<void> wait_for_buffer(u32 flags);
    Result<void> deliver(UnixEndpoint& to, Own<UnixMessage>& message, bool connected, u32 flags);
    Result<usize> receive_message(ReceiveRequest& request);
    Result<void> wait_for_message(bool nonblock, Instant deadline);

    Sender sender_for(const SendRequest& request, const UnixEndpoint& to) const;
    static abi::ucred effective(const Caller& caller);
    bool target_full();

    OptRef<UnixEndpoint> own_;                 // never null after create()
    std::atomic<UnixEndpoint*> out_{nullptr};  // where a connection's bytes go; counted, set once
    std::atomic<State> state_{State::kFresh};
    std::atomic<bool> closed_{false};
    std::atomic<bool> named_{false};  // bind came first, or is at it
    struct Link {
        OptRef<UnixEndpoint> target;  // datagrams: whom send without an address reaches
        abi::ucred peer{0, ~0u, ~0u};
    };
    mutable sync::Guarded<Link, sync::SpinLock<sync::Rank::kSocketState>> link_;
    sched::Mutex<sync::Rank::kSocketBind> relay_lock_;

    // For poll: tells this socket's watchers when the target's full queue has room again.
    void watch_target(UnixEndpoint& target);
    void unwatch_target();
    static bool relay(sched::WaitEntry& entry, u32 events);
    sched::WaitEntry relay_;
    OptRef<UnixEndpoint> relay_target_;  // guarded by relay_lock_
};

}  // namespace net
