"""The interactive shell, driven over the serial line."""

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


@full
def test_thousand_forks(stage):
    """fork, exec and wait a thousand times with 4 CPUs, ten times: free memory returns, nothing hangs."""
    guest = stage.shell(smp=4)
    guest.expect(PROMPT)
    guest.type("free() { grep MemFree /proc/meminfo; }\n")
    figures = []
    for _ in range(10):
        guest.type("i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; free\n")
        figures.append(int(guest.expect(r"MemFree:\s+(\d+) kB", seconds=300)[1]))
    assert figures[-1] > figures[1] - 256, f"free memory fell: {figures}"
