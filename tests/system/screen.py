"""The framebuffer console and the PS/2 keyboard, from the ISO image: the loader sets the graphics mode."""

from linnet import image
from linnet.paths import BUILD


def _lit(picture):
    """Share of pixels that are not of the most frequent colour, per row of 16 lines."""
    width, height, rows = picture
    shares = []
    for top in range(0, height - 15, 16):
        pixels = [bytes(row[at:at + 3]) for row in rows[top:top + 16] for at in range(0, width * 3, 3)]
        common = max(set(pixels), key=pixels.count)
        shares.append(1 - pixels.count(common) / len(pixels))
    return shares


def test_keyboard_and_screen(stage):
    path = image.make_iso(BUILD / "scene-screen.iso", append="exit=debug loglevel=8 console=tty1")
    guest = stage.machine(firmware="seabios", memory=512 << 20, display=True, extra=("-cdrom", path, "-boot", "d"))
    guest.expect_log("@ready|init|user", 120)
    guest.settle(5)
    before = _lit(guest.screenshot("boot"))
    assert sum(share > 0.01 for share in before) >= 3, "text on the screen"
    guest.keys("echo Linnet > /dev/console; cat /proc/version\n")
    guest.settle(3)
    after = _lit(guest.screenshot("typed"))
    assert after != before, "what is typed appears"
    # The shell on the screen ran it: two lines of output below what was there.
    assert sum(share > 0.01 for share in after) >= sum(share > 0.01 for share in before) + 2, "the shell answers"


def test_keyboard_is_an_actor(stage):
    """Each key is two messages from the interrupt; /proc/drivers counts them."""
    path = image.make_iso(BUILD / "scene-actor.iso", append="exit=debug loglevel=8")
    guest = stage.machine(firmware="seabios", memory=512 << 20, display=True, extra=("-cdrom", path, "-boot", "d"))
    guest.expect_log("@ready|init|user", 120)
    guest.expect("# ")
    guest.keys("abcdefgh")
    guest.settle(3)
    guest.type("grep ^keyboard /proc/drivers\n")
    line = guest.expect(r"keyboard +running +0 +(\d+) .* PS/2, (\d+) keys")
    assert int(line[1]) >= 16 and int(line[2]) >= 8, line[0]


def test_timeline(stage):
    """Option timeline: a strip a CPU above the status line, in the colours of its tasks."""
    path = image.make_iso(BUILD / "scene-timeline.iso", append="exit=debug loglevel=8 timeline")
    guest = stage.machine(firmware="seabios", memory=512 << 20, smp=2, display=True, extra=("-cdrom", path, "-boot", "d"))
    guest.expect_log("@ready|init|user", 120)
    guest.type("i=0; while [ $i -lt 300 ]; do i=$((i+1)); /bin/true; done\n")
    guest.settle(4)
    width, height, rows = guest.screenshot("timeline")
    # 2 CPUs: one row of characters, the last but one.
    for cpu in range(2):
        line = rows[height // 16 * 16 - 32 + cpu * 8 + 3]
        colours = {bytes(line[at:at + 3]) for at in range(0, width * 3, 3)}
        bright = [colour for colour in colours if max(colour) > 150]
        assert len(bright) >= 3, f"colours of CPU {cpu}: {sorted(colours)}"
