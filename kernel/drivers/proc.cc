#include "drivers/proc.h"

#include "fs/procfs/procfs.h"
#include "sched/actor.h"

namespace drivers {
namespace {

using base::format_to;
using fs::Caller;
using fs::procfs::SeqSink;

constinit std::span<const DriverState> g_states;

void actor_line(const sched::ActorBase& actor, void* to) {
    SeqSink& s = *static_cast<SeqSink*>(to);
    const sched::ActorFigures f = actor.figures();
    format_to(s, "{:<16} {:<8} {:>3} {:>9} {:>7} {:>7} {:>7} {:>7} {:>6} {:>9} {:>10}  ", actor.name(),
              sched::actor_state_name(actor.state()), actor.cpu(), f.inbox.messages, f.inbox.waiting, f.inbox.deepest,
              f.inbox.dropped, f.ticks, f.errors, f.run_ns / 1000, f.longest_ns / 1000);
    actor.info(
        {.write = [](void* sink, std::string_view text) { static_cast<SeqSink*>(sink)->write(text); }, .self = &s});
    s.write("\n");
}

Result<void> show_drivers(const Caller&, SeqSink& s) {
    s.write("DRIVER                           STATE\n");
    for (const DriverState& d : g_states) {
        format_to(s, "{:<32} ", d.name);
        if (d.started.ok()) {
            s.write("running\n");
        } else {
            format_to(s, "failed: {}\n", d.started.error());
        }
    }
    s.write(
        "\nACTOR            STATE    CPU  MESSAGES WAITING DEEPEST DROPPED   TICKS ERRORS  RUN(us) "
        "LONGEST(us)\n");
    sched::for_each_actor(actor_line, &s);
    return {};
}

}  // namespace

Result<void> add_proc_file(std::span<const DriverState> states) {
    g_states = states;
    return fs::procfs::add_file("drivers", show_drivers);
}

}  // namespace drivers
