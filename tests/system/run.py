"""./linnet run as a person and a script use it."""


def test_stdout_and_status(stage):
    ran = stage.run("busybox", "uname", "-a")
    assert ran.status == 0, "status"
    assert ran.stdout.startswith(b"Linux ") and b" 6.1.0-linnet " in ran.stdout, "uname"
    assert ran.stderr == b"", "stderr"


def test_exit_status(stage):
    assert stage.run("sh", "-c", "exit 7").status == 7


def test_status_of_a_signal(stage):
    assert stage.run("sh", "-c", "kill -9 $$").status == 128 + 9


def test_program_that_is_missing(stage):
    ran = stage.run("no-such-program")
    assert ran.status == 127 and b"no-such-program" in ran.stderr


def test_stdin(stage):
    text = bytes(range(256)) * 200
    ran = stage.run("cat", stdin=text)
    assert ran.status == 0 and ran.stdout == text


def test_streams_stay_apart(stage):
    ran = stage.run("sh", "-c", "echo out; echo err >&2")
    assert ran.stdout == b"out\n" and ran.stderr == b"err\n"


def test_env_cwd_and_add(stage):
    ran = stage.run("sh", "-c", 'echo "$COLOUR $(pwd)"; cat /data/README.md | head -1', options=(
        "--env", "COLOUR=dark red", "--cwd", "/tmp", "--add", "README.md:/data/README.md"))
    assert ran.stdout == b"dark red /tmp\n# Linnet\n"


def test_timeout(stage):
    assert stage.linnet("run", "--timeout", "3", "--", "sleep", "1000").status == 124


def test_root_that_is_missing(stage):
    ran = stage.run("true", options=("--root", "/no/such/root"))
    assert ran.status == 125 and b"/no/such/root" in ran.stderr


def test_little_memory(stage):
    ran = stage.run("echo", "small", options=("--memory", "32M"))
    assert ran.stdout == b"small\n"


def test_debian(stage):
    script = ("for i in 1 2 3; do echo $i; done | sort -r | tail -1; ls -l /proc/self/exe; "
              'python3 -c "print(sum(range(10**6)))"; perl -e "print 6*7, qq(\\n)"')
    ran = stage.run("bash", "-c", script, options=("--root", "debian"))
    lines = ran.stdout.splitlines()
    assert lines[0] == b"1" and lines[1].endswith(b"/proc/self/exe -> /usr/bin/ls")
    assert lines[2:] == [b"499999500000", b"42"]
