// Socket: a File that talks to other sockets. Families derive from it; the calls of socket(2)'s kin come in here.
// Callers: linux/ (socket.cc), process/ and main/ (registration). Families: net/unix.
// Locks, context: operations run in thread context and may sleep. Options are atomics.
#pragma once

#include <atomic>
#include <optional>

#include "abi/linux/socket.h"
#include "fs/procfs/setting.h"
#include "fs/walk.h"
#include "net/address.h"
#include "net/passed_files.h"
#include "object/file.h"

namespace net {

// Who calls. `fs` is null in read and write, which name no path.
struct Caller {
    sched::Thread& thread;
    const object::Credentials* credentials;  // null: the kernel itself
    fs::FsContext* fs = nullptr;
};
// The process number of a thread, as SO_PEERCRED shows it: process/ lies above and says how to find it, at start-up.
using ProcessNumber = i32 (*)(sched::Thread&);
void set_process_number(ProcessNumber function);
i32 process_number(sched::Thread& thread);

// /proc/sys/net/core/somaxconn: connections that may wait to be accepted.
extern fs::procfs::Setting most_backlog;

struct SendRequest {
    Caller caller;
    vm::IoReader& data;
    u32 flags = 0;  // abi::MSG_*; MSG_DONTWAIT also for O_NONBLOCK
    const SocketAddress* to = nullptr;
    std::optional<abi::ucred> credentials;  // SCM_CREDENTIALS, checked
    PassedFiles files;                      // SCM_RIGHTS
};
struct ReceiveRequest {
    Caller caller;
    vm::IoWriter& data;
    u32 flags = 0;
    bool wants_name = false;
    // What came beside the bytes.
    SocketAddress from;
    u32 message_flags = 0;                  // MSG_TRUNC …
    std::optional<abi::ucred> credentials;  // with SO_PASSCRED
    PassedFiles files;
};

class Socket : public object::File {
  public:
    static constexpr object::Facet kFacet{"socket"};
    static constexpr u32 kBufferDefault = 212992, kBufferMost = 212992;  // net.core.wmem_default, wmem_max

    Socket(int family, int type, int protocol, u32 flags);

    // Linux's sockets have the operation, which refuses.
    bool mappable() const override { return true; }

    int family() const { return family_; }
    int type() const { return type_; }
    u64 number() const { return number_; }  // of the inode

    // --- What families implement. Waiting operations give kRESTARTSYS, or EINTR when a time limit is set; EAGAIN when
    // they may not wait or the limit passed. ---
    virtual Result<void> bind(const Caller& caller, const SocketAddress& address) = 0;
    virtual Result<void> listen(const Caller& caller, u32 backlog) = 0;
    virtual Result<void> connect(const Caller& caller, const SocketAddress& address, bool nonblock) = 0;
    virtual Result<Ref<Socket>> accept(bool nonblock) = 0;
    virtual Result<SocketAddress> own_name() = 0;
    virtual Result<SocketAddress> peer_name() = 0;
    virtual Result<usize> send(SendRequest& request) = 0;
    // What is told before anybody looks at the control data of a message.
    virtual Result<void> check_send() const { return {}; }
    virtual Result<usize> receive(ReceiveRequest& request) = 0;
    virtual Result<void> shutdown(u32 how) = 0;  // kShutReceive, kShutSend or both
    // Bits that `how` of shutdown(2) stands for: how + 1.
    static constexpr u32 kShutReceive = 1, kShutSend = 2, kShutBoth = 3;
    virtual bool listening() const = 0;
    virtual i32 take_error() = 0;  // SO_ERROR: an errno or 0, which it clears
    virtual abi::ucred peer_credentials() const = 0;
    virtual Result<void> pass_credentials(bool on) = 0;
    virtual bool passes_credentials() const = 0;
    virtual void send_limit_changed() {}

    // SOL_SOCKET. Copies at most value.size() bytes in; the option's length. ENOPROTOOPT.
    Result<usize> get_option(int option, std::span<u8> value);
    // EINVAL (too short), EDOM, EPERM, ENOPROTOOPT.
    Result<void> set_option(const Caller& caller, int option, std::span<const u8> value);

    // --- object::File ---
    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) final;
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from) final;
    bool can_poll() const override { return true; }
    bool can_signal() const override { return true; }
    Result<void> stat(object::Attributes& out) override;
    void describe(base::FormatSink sink) override;

  protected:
    u32 send_limit() const { return send_limit_.load(std::memory_order_relaxed); }
    u32 least_receive() const { return receive_least_.load(std::memory_order_relaxed); }
    void set_owner(u32 uid, u32 gid) { uid_ = uid, gid_ = gid; }
    // When a wait that begins now must end.
    Instant receive_deadline() const { return deadline(receive_timeout_ns_); }
    Instant send_deadline() const { return deadline(send_timeout_ns_); }
    // How a failed wait looks to the caller: EAGAIN, EINTR or kRESTARTSYS.
    static Errno wait_error(Errno error, Instant deadline);

  private:
    static Instant deadline(const std::atomic<i64>& ns);
    std::atomic<u32>* flag_option(int option);

    const int family_, type_, protocol_;
    const u64 number_;
    const i64 born_ns_;
    u32 uid_ = 0, gid_ = 0;
    std::atomic<u32> send_limit_{kBufferDefault};
    std::atomic<u32> receive_limit_{kBufferDefault};
    std::atomic<u32> receive_least_{1};
    std::atomic<i64> receive_timeout_ns_{0}, send_timeout_ns_{0};  // 0: none
    std::atomic<u32> reuse_address_{0}, reuse_port_{0}, keep_alive_{0}, broadcast_{0}, oob_inline_{0}, dont_route_{0},
        debug_{0};
    std::atomic<u32> priority_{0}, mark_{0}, timestamp_{0};
    std::atomic<u64> linger_{0};  // abi::linger: l_onoff low
};

// A new socket. `type` without flags; `flags`: O_NONBLOCK. EAFNOSUPPORT, EINVAL, ESOCKTNOSUPPORT, EPROTONOSUPPORT.
Result<Ref<Socket>> create_socket(const Caller& caller, int family, int type, int protocol, u32 flags);
struct SocketPair {
    Ref<Socket> first, second;
};
// Both must get descriptors, or on_closed() called. EOPNOTSUPP for families without.
Result<SocketPair> create_pair(const Caller& caller, int family, int type, int protocol, u32 flags);

// Start-up: /proc/net.
Result<void> init();

}  // namespace net
