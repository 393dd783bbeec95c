"""What processes talk through and what they leave behind: mqueue mounted, ipcs and ipcrm, cores that gdb reads."""

from linnet.scene import full

MQUEUE = r"""
mkdir /queues && mount -t mqueue none /queues && grep -o 'mqueue rw.*' /proc/mounts
umask 077; echo > /queues/one; cat /queues/one; stat -c '%a %s' /queues/one /queues; ls /queues
mkdir /queues/folder 2> /dev/null || echo no folders
mv /queues/one /queues/two 2> /dev/null || echo no other names
rm /queues/one; ls /queues
"""


def test_mqueue_is_mounted(stage):
    ran = stage.run("sh", "-c", MQUEUE)
    lines = ran.stdout.decode().splitlines()
    assert lines[0].startswith("mqueue rw"), lines
    assert lines[1].split() == ["QSIZE:0", "NOTIFY:0", "SIGNO:0", "NOTIFY_PID:0"], lines
    assert lines[2:] == ["600 80", "1777 60", "one", "no folders", "no other names"], lines


def test_ipcs_and_ipcrm(stage):
    ran = stage.run("bash", "-c", "ipcmk -Q -p 600 > made; ipcmk -S 3 -p 640 >> made; ipcmk -M 5000 -p 644 >> made; "
                                  "ipcs | awk '$3 == \"root\" { print $4, $5 }'; ipcs -ls | grep -c =; "
                                  "ipcrm -a; ipcs | grep -c root", options=("--root", "debian"), seconds=300)
    assert ran.stdout.decode().splitlines() == ["600 0", "644 5000", "640 3", "5", "0"]


GDB = r"""
cd /tmp; ulimit -c unlimited
sleep 100 & sleep 0.3; kill -SEGV $!; wait $!; echo "status $?"
gdb -batch -ex bt -ex 'info auxv' -ex 'info proc mappings' -ex 'p $_siginfo.si_signo' /usr/bin/sleep core
rm core; echo '/tmp/%e.%s' > /proc/sys/kernel/core_pattern
python3 -c '
import os, threading, time
for i in range(3): threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
time.sleep(0.2); os.abort()'; echo "status $?"
ls /tmp/*.6
gdb -batch -ex 'info threads' -ex 'thread apply all bt 3' $(command -v python3) /tmp/python3.6
"""


@full
def test_gdb_reads_cores(stage):
    ran = stage.run("bash", "-c", GDB, options=("--root", "debian+gdb"), seconds=600)
    text = ran.stdout.decode()
    for piece in ("status 139", "Program terminated with signal SIGSEGV", "clock_nanosleep", "AT_SYSINFO_EHDR", "libc.so.6",
                  "$1 = 11", "status 134", "/tmp/python3.6", "Program terminated with signal SIGABRT", "abort ()"):
        assert piece in text, piece
    assert text.count("Thread 0x") >= 8, "four threads, listed and walked"
