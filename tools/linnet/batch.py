"""Many scripts in one machine, one after the other, each in an empty folder with a time limit."""

import pathlib
import tempfile

DRIVER = r"""
export HOME=/root LC_ALL=C.UTF-8 TERM=dumb
cd /scripts
for script in *.sh; do
    printf '\001%s begin\n' ${script%.sh}
    mkdir -p /tmp/place && chmod 777 /tmp/place && cd /tmp/place
    timeout -k 5 $(cat /scripts/${script%.sh}.seconds) bash /scripts/$script < /dev/null > /tmp/shown 2>&1
    printf '\001%s %s\n' ${script%.sh} $?
    tail -c 20000 /tmp/shown
    cd / && rm -rf /tmp/place
done 2> /dev/null
printf '\001end\n'
"""
STOPPED = -1    # the status of a script during which the machine ended


class Played:
    """What became of a script: its status, and the end of what it showed."""

    def __init__(self, status, shown):
        self.status, self.shown = status, shown


def read(output, names):
    """The driver's output: {name: Played} of the scripts that ended, and the name of the one that did not."""
    played, running = {}, None
    for part in output.decode(errors="replace").replace("\r\n", "\n").split("\1")[1:]:
        head, _, shown = part.partition("\n")
        if head == "end":
            break
        number, status = head.split()
        running = names[int(number)] if status == "begin" else None
        if running is None:
            played[names[int(number)]] = Played(int(status), shown)
    return played, running


def play(stage, scripts, seconds, options=(), most=None):
    """Runs {name: bash text}, each `seconds` at most (a number, or one a name), all of them in `most`: {name: Played}. A
    machine that ends early is followed by another one for the rest."""
    played, left = {}, dict(scripts)
    while left:
        ran = _boot(stage, left, seconds, options, most or 60 + 15 * len(left))
        done, running = read(ran.stdout, list(left))
        if running is not None:
            done[running] = Played(STOPPED, ran.stderr.decode(errors="replace")[-4000:])
        played.update(done)
        if ran.status == 0 or not done:
            break
        left = {name: text for name, text in left.items() if name not in played}
    return played


def _boot(stage, scripts, seconds, options, most):
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "scripts"
        place.mkdir()
        for number, (name, text) in enumerate(scripts.items()):
            (place / f"{number:04}.sh").write_text(text + "\n")
            (place / f"{number:04}.seconds").write_text(f"{seconds[name] if isinstance(seconds, dict) else seconds}\n")
        driver = pathlib.Path(folder) / "driver"
        driver.write_text(DRIVER)
        return stage.run("bash", "/driver", seconds=most,
                         options=(*options, "--add", f"{place}:/scripts", "--add", f"{driver}:/driver"))
