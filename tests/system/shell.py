"""The interactive shell, driven over the serial line."""

from linnet import figures
from linnet.scene import full

PROMPT = r"[#$] (\x1b\[6n)?$"     # busybox asks the terminal where the cursor is


def test_shell(stage):
    guest = stage.shell()
    guest.expect(PROMPT)
    guest.type("echo $((6 * 7))\n")
    guest.expect(r"\r?\n42\r?\n")
    guest.type("exit 5\n")
    assert guest.wait_end().status == 5


def test_interrupt_and_job_control(stage):
    guest = stage.shell()
    guest.expect(PROMPT)
    guest.type("sleep 1000\n")
    guest.expect("sleep 1000")
    guest.settle()
    guest.type("\x03")
    guest.expect(PROMPT)
    guest.type("echo status $?\n")
    guest.expect("status 130")
    guest.expect(PROMPT)
    guest.type("sleep 1000\n")
    guest.expect("sleep 1000")
    guest.settle()
    guest.type("\x1a")
    guest.expect("Stopped")
    guest.expect(PROMPT)
    guest.type("kill %1; sleep 1; jobs; exit\n")
    # A stopped process acts on a signal only once it continues, and the shell does not leave it behind.
    guest.expect("Stopped .*sleep 1000")
    guest.expect("You have stopped jobs")
    guest.expect(PROMPT)
    guest.type("fg\n")
    guest.expect("Terminated")
    guest.expect(PROMPT)
    guest.type("exit 3\n")
    assert guest.wait_end().status == 3


def forks(stage, rounds, count):
    """Rounds of fork, exec and wait, `count` times each, with 4 CPUs; the figures after each."""
    guest = stage.shell(smp=4)
    guest.expect(PROMPT)
    guest.type(figures.SHELL_FUNCTION)
    for _ in range(rounds):
        guest.type(f"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done; figures\n")
        yield figures.Figures(guest.expect(r"(?s)slabinfo - .*figures end\r?\n", seconds=400)[0])


def test_forks(stage):
    """A few hundred processes come and go: nothing hangs, nothing stays."""
    _, warm, last = forks(stage, 3, 250)  # each CPU's caches fill in the first round
    assert not last.growth_since(warm, spare_objects=200), last.growth_since(warm)


@full
def test_thousand_forks(stage):
    """Ten thousand processes: not even a part of an object stays for each (128 kB are 14 bytes a process)."""
    _, warm, *_, last = seen = list(forks(stage, 11, 1000))  # each CPU's caches fill in the first rounds
    assert not last.growth_since(warm), [last.growth_since(warm), [f.kib["MemFree"] for f in seen]]
