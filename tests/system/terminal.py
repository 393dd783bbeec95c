"""The serial console as a terminal: line editing, signals from keys, end of file, job control, sizes."""

PROMPT = r"[#$] (\x1b\[6n)?$"


def _shell(stage):
    guest = stage.shell()
    guest.expect(PROMPT)
    return guest


def _leave(guest):
    guest.type("exit\n")
    guest.wait_end()


def test_tty_and_size(stage):
    guest = _shell(stage)
    guest.type("tty; stty size\n")
    guest.expect(r"/dev/ttyS0\r?\n25 80\r?\n")
    guest.expect(PROMPT)
    _leave(guest)


def test_line_editing(stage):
    guest = _shell(stage)
    guest.type("cat\n")
    guest.expect("cat\r?\n")
    guest.settle()
    guest.type("abcX\x7fd\n")
    guest.expect(r"\nabcd\r?\n")
    guest.type("gone\x15kept\n")
    guest.expect(r"\nkept\r?\n")
    guest.type("\x04")
    guest.expect(PROMPT)
    _leave(guest)


def test_keys_send_signals(stage):
    guest = _shell(stage)
    for key, status in (("\x03", 130), ("\x1c", 131)):
        guest.type("cat\n")
        guest.expect("cat\r?\n")
        guest.settle()
        guest.type(key)
        guest.expect(PROMPT)
        guest.type("echo status $?\n")
        guest.expect(rf"status {status}\r?\n")
        guest.expect(PROMPT)
    _leave(guest)


def test_stop_and_go_on(stage):
    guest = _shell(stage)
    guest.type("cat\n")
    guest.expect("cat\r?\n")
    guest.settle()
    guest.type("\x1a")
    guest.expect("Stopped")
    guest.expect(PROMPT)
    guest.type("fg\n")
    guest.expect("cat\r?\n")
    guest.settle()
    guest.type("again\n")
    guest.expect(r"again\r?\nagain\r?\n")
    guest.type("\x03")
    guest.expect(PROMPT)
    _leave(guest)


def test_background_reader_stops(stage):
    guest = _shell(stage)
    guest.type("cat &\n")
    guest.expect(PROMPT)
    guest.type("sleep 0.3; jobs\n")
    guest.expect(r"Stopped \(tty input\)|Stopped")
    guest.expect(PROMPT)
    guest.type("kill -9 %1; wait; stty -echo; echo hid''den\n")
    guest.expect(r"\nhidden\r?\n")
    # busybox still warns once of the job that it stopped.
    guest.type("exit\n")
    _leave(guest)
