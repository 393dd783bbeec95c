"""Everything that can be used up is used up: the system stays usable, says what was short, and memory comes back."""

from linnet import build, figures
from linnet.paths import TOP
from linnet.scene import full

PROMPT = r"[#$] (\x1b\[6n)?$"


def exhausted(stage, *tries, memory=128 << 20, spare_kib=1024, smp=2):
    """Types each command of `tries`, waits for its text, and then compares memory with what it was before."""
    program = build.build_program("system/exhaust", [TOP / "tests/system/programs/exhaust.c"], ["-pthread", "-O1"], "gcc")
    guest = stage.shell(memory=memory, smp=smp, additions=[f"{program}:/bin/exhaust"])
    guest.expect(PROMPT)
    guest.type(figures.SHELL_FUNCTION)
    before = figures.read(guest)
    for command, pattern in tries:
        guest.type(f"{command}; echo sta''tus $?\n")
        guest.expect(pattern, seconds=240)
        guest.expect(PROMPT)
    guest.type("echo still $((40 + 2))\n")
    guest.expect("still 42")
    # Stacks and tasks go with RCU and the last switch; caches keep some pages of what was freed.
    guest.settle(1)
    after = figures.read(guest)
    grown = after.growth_since(before, spare_kib=spare_kib)
    assert not grown, grown
    return guest


def test_memory_hog(stage):
    """A process that takes all memory is killed, not the shell beside it."""
    guest = exhausted(stage, ("exhaust memory", "status 137"))
    guest.expect_log(r"exhaust invoked oom-killer")
    guest.expect_log(r"Out of memory: Killed process \d+ \(exhaust\)")
    guest.expect_log(r"oom_reaper: reaped process \d+ \(exhaust\)")


def test_page_tables(stage):
    guest = exhausted(stage, ("exhaust tables", "status 137"))
    guest.expect_log(r"Out of memory: Killed process \d+ \(exhaust\)")


def test_pipes_and_sockets(stage):
    """Kernel buffers, which no process's size shows: their owner has volunteered to be killed for them."""
    exhausted(stage, ("(echo 1000 > /proc/self/oom_score_adj; exec exhaust buffers)",
                      r"buffers: E\w+ after some|status 137"))


def test_adjustment(stage):
    """A small process that volunteers goes before a large one."""
    guest = exhausted(
        stage, ("(echo 1000 > /proc/self/oom_score_adj; exec sleep 1000) & echo", "status 0"),
        ("(echo -900 > /proc/self/oom_score_adj; exec exhaust memory)", "status 137"))
    guest.expect_log(r"(?s)Killed process \d+ \(sleep\).*Killed process \d+ \(exhaust\)")


def test_descriptors(stage):
    exhausted(stage, ("exhaust descriptors", "descriptors: EMFILE after some"))


def test_tmpfs_full(stage):
    exhausted(stage, ("mkdir /t; mount -t tmpfs -o size=8m none /t; exhaust fill /t/a", "fill: ENOSPC after some"),
              ("rm /t/a; exhaust map /t/b", "status 135"), ("df -k /t | tail -1", r"none +8192 +8192 +0 100%"),
              ("rm /t/b; df -k /t | tail -1", r"none +8192 +0 +8192 +0%"), ("umount /t", "status 0"))


def test_root_full(stage):
    """A file takes half of the rest of memory and is told so, rather than all and someone's life."""
    guest = exhausted(stage, ("exhaust fill /a", "fill: ENOSPC after some"),
                      ("rm /a; stat -f -c '%b blocks' /", r"\b1[5-7]\d{3} blocks"))
    assert "oom-killer" not in guest.log


def test_signal_nesting(stage):
    exhausted(stage, ("exhaust signals", "status 139"))


def test_fork_bomb(stage):
    exhausted(stage, ("exhaust forks", "forks: EAGAIN after some"))


@full
def test_threads(stage):
    exhausted(stage, ("exhaust threads 3000", "threads: as many as wanted"),
              ("exhaust threads", r"threads: E(AGAIN|NOMEM) after some|status 137"), memory=512 << 20, spare_kib=4096)


@full
def test_failing_allocations(stage):
    """Each allocation of a list of calls fails once: errors, no panic, and nothing stays."""
    build.build_kernel("debug")
    program = build.build_program("system/fail_nth", [TOP / "tests/system/programs/fail_nth.c"], ["-pthread", "-O1"],
                                  "gcc")
    guest = stage.shell(preset="debug", smp=2, additions=[f"{program}:/bin/fail_nth"])
    guest.expect(PROMPT)
    guest.type(figures.SHELL_FUNCTION)
    guest.type("fail_nth; echo sta''tus $?\n")  # what is made once and kept is made now
    guest.expect("0 unexpected", seconds=240)
    guest.expect("status 0")
    guest.settle(1)
    before = figures.read(guest)
    for _ in range(3):
        guest.type("fail_nth; echo sta''tus $?\n")
        guest.expect("status 0", seconds=240)
    guest.settle(1)
    grown = figures.read(guest).growth_since(before, spare_kib=512, spare_objects=40)
    assert not grown, grown
