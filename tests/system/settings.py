"""Settings in /proc/sys that change what the kernel does."""

_PROTECTED = r"""
as() { setpriv --reuid $1 --regid $1 --clear-groups sh -c "$2" 2>&1; }
cd /tmp; mkdir s; chmod 1777 s; echo text > target; chmod 644 target; echo secret > root; chmod 600 root
as 1000 'ln -s /tmp/target s/link; echo mine > s/file; chmod 666 s/file'
as 1001 'cat s/link; ln /tmp/root s/hard && echo linked; echo more >> s/file && echo written'; rm -f s/hard
for name in symlinks hardlinks regular; do echo 1 > /proc/sys/fs/protected_$name; done
as 1001 'cat s/link; ln /tmp/root s/hard && echo linked; echo more >> s/file && echo written; echo new > s/own && echo made'
as 1000 'cat s/link; ln s/file s/again && echo own'
echo 3 > /proc/sys/fs/protected_regular; cat /proc/sys/fs/protected_regular
"""


def test_protected(stage):
    ran = stage.run("sh", "-c", _PROTECTED, options=("--root", "debian"))
    before, after = ran.stdout.decode().split("written\n", 1)
    assert before.split() == ["text", "linked"], before
    assert "s/link: Permission denied" in after, after
    assert "Operation not permitted" in after, after
    assert "s/file: Permission denied" in after, after
    assert "linked" not in after and "written" not in after and "made" in after, after
    assert "text\nown\n" in after, "the owner may"
    assert after.endswith("1\n"), "3 is out of range"


_NUMBERS = r"""
cd /proc/sys/kernel
cat pid_max; echo 300 > pid_max; echo 400 > pid_max; cat pid_max
for i in $(seq 150); do /bin/true; done; sh -c 'test $$ -lt 400 && echo below'
echo 32768 > pid_max; echo 4000 > ns_last_pid; sh -c 'test $$ -gt 4000 && test $$ -lt 4010 && echo after'
cat random/boot_id > /tmp/a; cat random/boot_id | cmp - /tmp/a && echo one boot
cat random/uuid > /tmp/a; cat random/uuid | cmp -s - /tmp/a || echo two uuids
grep -Ec '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' random/boot_id
"""


_BOUNDS = r"""
cd /proc/sys
show() { grep -E 'heap|stack' /proc/self/maps | md5sum; }
echo 0 > kernel/randomize_va_space; a=$(show); b=$(show); test "$a" = "$b" && echo fixed
echo 2 > kernel/randomize_va_space; a=$(show); b=$(show); test "$a" != "$b" && echo random
grep -q . /proc/self/maps && echo 3 > vm/max_map_count; grep -q . /proc/self/maps || echo too few mappings
echo 65530 > vm/max_map_count; echo 9 > kernel/randomize_va_space || echo refused
echo 8192 > fs/pipe-max-size; cat fs/pipe-max-size; echo 100 > fs/pipe-max-size || echo refused
setpriv --reuid 1000 dmesg > /dev/null 2>&1 || echo closed
echo 0 > kernel/dmesg_restrict; setpriv --reuid 1000 dmesg -S | grep -c 'CPUs online'
echo 3 > kernel/printk; cut -f 1 kernel/printk
"""


def test_bounds(stage):
    ran = stage.run("sh", "-c", _BOUNDS, options=("--root", "debian", "--smp", "2"))
    lines = [line for line in ran.stdout.decode().splitlines()]
    assert lines == ["fixed", "random", "too few mappings", "refused", "8192", "refused", "closed", "1", "3"], ran


def test_numbers(stage):
    ran = stage.run("sh", "-c", _NUMBERS)
    lines = [line for line in ran.stdout.decode().splitlines() if "write error" not in line]
    assert lines == ["32768", "400", "below", "after", "one boot", "two uuids", "1"], lines
