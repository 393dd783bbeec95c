"""Debian's own programs in the debian root: what they print is known."""

SCRIPT = r"""
set -e
cd /tmp
mkdir -p tree/a tree/b
for i in $(seq 1 200); do echo "line $i" >> tree/a/numbers; done
sed -n 's/line \(1[0-9]\)$/\1/p' tree/a/numbers | paste -sd+ | bc
grep -c 7 tree/a/numbers
awk '{ sum += $2 } END { print sum }' tree/a/numbers
find tree -type f | sort
tar czf tree.tar.gz tree && mkdir out && tar xzf tree.tar.gz -C out && cmp tree/a/numbers out/tree/a/numbers && echo same
diff <(seq 3) <(seq 2 4) || echo "differ $?"
sort -rn tree/a/numbers | head -1
cat <<END | tr a-z A-Z
here is $((6 * 7))
END
echo one two three | xargs -n 1 echo | wc -l
md5sum < tree/a/numbers | cut -c 1-8
ln -s tree/a/numbers link && readlink -f link
(exit 3) || echo "status $?"
{ sleep 0.1; echo background; } & wait
trap 'echo trapped' USR1; kill -USR1 $$; echo after
x=$(printf '%05d' 42); echo "${x//0/o}"
id -un; whoami; hostname
date -u -d @0 +%Y-%m-%d
env -i A=b env
timeout 0.2 sleep 10 || echo "timeout $?"
yes | head -c 100000 | wc -c
dash -c 'echo dash $0 $1' x y
"""

EXPECTED = """145
38
20100
tree/a/numbers
same
1d0
< 1
3a3
> 4
differ 1
line 99
HERE IS 42
3
187860d5
/tmp/tree/a/numbers
status 3
background
trapped
after
ooo42
root
root
linnet
1970-01-01
A=b
timeout 124
100000
dash x y
"""

PYTHON = r"""
import os, subprocess, sys, threading, time, signal
print(sum(range(10**6)))
print(subprocess.run(["echo", "from a child"], capture_output=True, text=True).stdout.strip())
total = []
threads = [threading.Thread(target=lambda: total.append(1)) for _ in range(20)]
for t in threads: t.start()
for t in threads: t.join()
print(len(total))
r, w = os.pipe()
if os.fork() == 0:
    os.write(w, b"piped"); os._exit(5)
print(os.read(r, 10).decode(), os.waitstatus_to_exitcode(os.wait()[1]))
signal.signal(signal.SIGALRM, lambda *a: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)
open("/tmp/f", "w").write("text"); print(os.stat("/tmp/f").st_size, os.listdir("/tmp/") == ["f"])
try: open("/no/such")
except FileNotFoundError as e: print(e.errno)
print(os.cpu_count() > 0, os.getpid() > 1)
sys.exit(9)
"""


def _debian(stage, *program, **options):
    return stage.run(*program, options=("--root", "debian"), seconds=300, **options)


def test_shell_script(stage):
    ran = _debian(stage, "bash", "-c", SCRIPT)
    lines = ran.stdout.decode().splitlines()
    expected = EXPECTED.splitlines()
    assert lines == expected, f"first difference: {next((p for p in zip(lines, expected) if p[0] != p[1]), len(lines))}"


def test_python(stage):
    ran = _debian(stage, "python3", "-c", PYTHON)
    assert ran.stdout.decode().splitlines() == [
        "499999500000", "from a child", "20", "piped 5", "alarm", "4 True", "2", "True True"]
    assert ran.status == 9


def test_perl(stage):
    ran = _debian(stage, "perl", "-e", 'print join(",", map { $_ * $_ } 1..5), "\\n"; print `echo child`; exit 4')
    assert ran.stdout == b"1,4,9,16,25\nchild\n" and ran.status == 4


def test_process_tools(stage):
    ran = _debian(stage, "bash", "-c", "sleep 100 & ps -e -o comm= | sort -u; free -m | head -1; uptime | grep -c load; "
                                       "top -b -n 1 | head -1 | cut -c 1-3; pgrep -c sleep; pkill sleep; wait $!; echo $?")
    text = ran.stdout.decode()
    for piece in ("sleep\n", "total", "top\n", "143\n"):
        assert piece in text, piece


def test_vim_and_less_start(stage):
    ran = _debian(stage, "bash", "-c", "echo hello > f; vim.tiny -es -c '%s/hello/world/' -c wq f; cat f; less --version | head -1")
    assert ran.stdout.startswith(b"world\nless ")


STRACE = r"""
cd /tmp
strace -c -o counted true; echo "counts: $?"; grep -Ec ' (execve|mmap|openat|mprotect)$' counted; tail -1 counted | grep -c total
strace -f -o followed sh -c 'echo hi | cat; exit 3'; echo "follows: $?"
grep -c '+++ exited with 0 +++' followed; grep -c '+++ exited with 3 +++' followed; grep -c ' SIGCHLD {.*CLD_EXITED' followed
grep -Eo 'execve\("[^"]*", \["cat"\]' followed; grep -Ec 'write\(1, "hi\\n", 3( <|\) +=)' followed
strace -o file -e trace=openat,read cat /etc/hostname; grep hostname file; grep -o 'read(3, "linnet\\n", .*' file
sleep 2 & strace -o attached -p $! 2> said; echo "attaches: $?"; sed 's/ [0-9]* / N /' said; grep -o '^exit_group(0).*' attached; wait
(while :; do sleep 0.05; done) & loop=$!
timeout -s TERM 1 strace -f -o watched -p $loop 2> said; echo "lets go: $?"; grep -c "$loop detached" said; kill -0 $loop && echo alive; kill $loop; wait
strace -o killed sh -c 'kill -USR1 $$'; echo "dies: $?"; grep -c SI_USER killed; tail -1 killed
strace -o changed -e inject=getpid:retval=77 -e trace=getpid python3 -c 'import os; print(os.getpid())'; head -1 changed
strace --seccomp-bpf -f -o filtered -e trace=execve sh -c 'true; /bin/true'; grep -c execve filtered
strace -ff -o each sh -c '/bin/true & wait'; ls each.* | wc -l
"""

STRACED = r"""counts: 0
4
1
hi
follows: 3
2
1
2
execve("/usr/bin/cat", ["cat"]
2
linnet
openat(AT_FDCWD, "/etc/hostname", O_RDONLY) = 3
read(3, "linnet\n", 131072)             = 7
attaches: 0
strace: Process N attached
exit_group(0)                           = ?
lets go: 124
1
alive
dies: 138
1
+++ killed by SIGUSR1 +++
77
getpid()                                = 77 (INJECTED)
2
2
"""


def test_strace(stage):
    ran = _debian(stage, "bash", "-c", STRACE)
    assert ran.stdout.decode() == STRACED, ran.stdout.decode()


def test_strace_starts_many(stage):
    """What a program does first meets its being seized in every way that time allows."""
    ran = _debian(stage, "bash", "-c", "for i in $(seq 40); do timeout 60 strace -f -o o true || echo $i: $?; done; "
                                       "tail -1 o | grep -o '+.*'")
    assert ran.stdout == b"+++ exited with 0 +++\n", ran
