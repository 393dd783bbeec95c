"""The ISO image on BIOS and on UEFI, SeaBIOS beside qboot, and what bad input gives."""

from linnet import bochs, image, rootfs
from linnet.paths import BUILD
from linnet.scene import Skip, full
from linnet.session import Outcome

PROMPT = r"[#$] (\x1b\[6n)?$"


def _iso(stage, firmware):
    path = image.make_iso(BUILD / f"scene-{firmware}.iso", append="exit=debug loglevel=8")
    guest = stage.machine(firmware=firmware, memory=512 << 20, smp=2, display=True, extra=("-cdrom", path, "-boot", "d"))
    guest.expect(PROMPT, 120)
    guest.type("cat /proc/version\n")
    guest.expect("Linux version 6.1.0-linnet")
    guest.expect(PROMPT)
    guest.type("exit 3\n")
    assert guest.wait_end().status == 3


def test_iso_bios(stage):
    _iso(stage, "seabios")


def test_iso_uefi(stage):
    _iso(stage, "ovmf")


def test_seabios(stage):
    guest = stage.shell(firmware="seabios")
    guest.expect(PROMPT)
    guest.type("exit\n")
    assert guest.wait_end().kind == Outcome.EXIT


def test_many_cpus(stage):
    guest = stage.shell(smp=8, memory=512 << 20)
    guest.expect(PROMPT)
    guest.type("grep -c ^processor /proc/cpuinfo; exit\n")
    guest.expect(r"\r?\n8\r?\n")
    guest.wait_end()


def test_panic_report(stage):
    """A deliberate panic: the reason, a backtrace with names, and exit status 126."""
    ran = stage.run("sh", "-c", "echo c > /proc/sysrq-trigger; sleep 100")
    assert ran.status == 126, "status"
    assert b"panic: " in ran.stderr, "reason"
    assert ran.stderr.count(b"::") >= 3, "names in the backtrace"


def test_missing_init(stage):
    ran = stage.run("true", options=("--append", "init=/no/such/init"))
    assert ran.status in (125, 126) and b"/no/such/init" in ran.stderr


def test_unknown_option(stage):
    ran = stage.run("true", options=("--append", "colour-of-sky"))
    assert ran.status == 0 and b"colour-of-sky" in ran.stderr


def test_broken_archive(stage):
    whole = BUILD / "scene-root.cpio"
    stage.linnet("image", "root", "-o", whole)
    broken = BUILD / "scene-broken.cpio"
    broken.write_bytes(whole.read_bytes()[:100_000])
    ran = stage.run("true", options=("--root", str(broken)))
    assert ran.status in (0, 125, 126, 127), "a message, never a hang"
    assert b"cpio" in ran.stderr or b"initr" in ran.stderr, "names the archive"


def test_too_little_memory(stage):
    ran = stage.run("true", options=("--memory", "8M"), seconds=60)
    assert ran.status in (125, 126) and b"memory" in ran.stderr


@full
def test_no_hpet(stage):
    guest = stage.shell(extra=("-no-hpet",))
    guest.expect(PROMPT)
    guest.type("sleep 1; exit 4\n")
    assert guest.wait_end().status == 4


def test_same_run_twice(stage):
    """Deterministic time: two runs give the same log to the microsecond."""
    logs = []
    for number in range(2):
        path = BUILD / f"scene-{number}.log"
        ran = stage.run("echo", "x", options=("--icount", "--log", str(path)))
        assert ran.status == 0
        logs.append(path.read_bytes())
    assert logs[0] == logs[1]


@full
def test_iso_bochs(stage):
    """A second implementation of x86: PCID, TSC-deadline, strict MSRs."""
    if not bochs.available():
        raise Skip("bochs is missing; tools/setup --full installs it")
    path = image.make_iso(BUILD / "scene-bochs.iso", conf=rootfs.run_conf(["uname", "-s"], "/", [], False))
    ran = bochs.run_iso(path)
    assert ran.status == 0 and ran.stdout == b"Linux\n", ran.log[-3000:].decode(errors="replace")
