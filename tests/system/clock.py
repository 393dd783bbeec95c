"""Setting the clock: only here, where it is the machine's own."""


def test_date_is_set_and_runs_on(stage):
    ran = stage.run("sh", "-c", "date -u -s '2030-05-06 07:08:09' && sleep 1 && date -u +%Y-%m-%dT%H:%M && cat /proc/uptime")
    lines = ran.stdout.decode().splitlines()
    assert ran.status == 0, ran.stderr
    assert lines[1] == "2030-05-06T07:08", lines
    assert float(lines[2].split()[0]) < 60, "the monotonic clock does not jump"
