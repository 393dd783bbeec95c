"""Pictures of benchmark results, as SVG text."""

from xml.sax.saxutils import escape

WIDTH, TOP, STEP, LEFT, SCALE = 760, 64, 22, 170, 420
BETTER, WORSE, BY_CLOCK = "#2f7d5b", "#b8432f", "#8f9499"


def ratios(result):
    """Horizontal bars of Linnet/Linux, with the line at 1."""
    rows = result["rows"]
    height = TOP + STEP * len(rows) + 44
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
           'font-size="13">', f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           '<text x="20" y="26" font-size="17">Linnet / Linux 6.1: instructions for the same work (shorter is '
           'better)</text>',
           f'<text x="20" y="48" fill="#555">geometric mean {result["mean"]:.2f}; grey bars: wall clock</text>']
    for number, row in enumerate(rows):
        y, width = TOP + number * STEP, min(row["ratio"], 1.3) * SCALE
        colour = BY_CLOCK if row["by_wall_clock"] else BETTER if row["ratio"] <= 1 else WORSE
        out += [f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(row["name"])}</text>',
                f'<rect x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{STEP - 7}" fill="{colour}"/>',
                f'<text x="{LEFT + width + 5:.1f}" y="{y + 13}" fill="#333">{row["ratio"]:.2f}</text>']
    out += [f'<line x1="{LEFT + SCALE}" x2="{LEFT + SCALE}" y1="{TOP - 6}" y2="{height - 36}" stroke="#444" '
            'stroke-dasharray="4 3"/>',
            f'<text x="{LEFT + SCALE}" y="{height - 18}" text-anchor="middle">Linux = 1</text>', "</svg>"]
    return "\n".join(out) + "\n"


COLOURS = ("#2f7d5b", "#b8432f", "#3b6ea8", "#c08a2b", "#7a4f9a", "#4a4f54", "#2aa198", "#a83b6e", "#6b7f2f", "#8f5f3f",
           "#1f4f7f", "#d0603f")


def curve(what, rows):
    """Lines of Linnet/Linux by `what` over the number of CPUs, one a row: {row: {CPUs: ratio}}."""
    cpus = sorted({n for at in rows.values() for n in at})
    left, right, top, bottom = 60, 560, 70, 400
    most = max(1.1, *(ratio for at in rows.values() for ratio in at.values()))

    def x(n):
        return left + (right - left) * cpus.index(n) / max(1, len(cpus) - 1)

    def y(ratio):
        return bottom - (bottom - top) * ratio / most

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="450" font-family="sans-serif" '
           'font-size="13">', f'<rect width="{WIDTH}" height="450" fill="#ffffff"/>',
           f'<text x="20" y="26" font-size="17">Linnet / Linux 6.1 over CPUs: {what} (lower is better)</text>',
           '<text x="20" y="48" fill="#555">as many processes as CPUs do the same at once</text>',
           f'<line x1="{left}" x2="{right}" y1="{y(1):.1f}" y2="{y(1):.1f}" stroke="#444" stroke-dasharray="4 3"/>',
           f'<text x="{left - 8}" y="{y(1) + 4:.1f}" text-anchor="end">1</text>',
           f'<line x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}" stroke="#444"/>',
           f'<text x="{left - 8}" y="{bottom + 4}" text-anchor="end">0</text>']
    out += [f'<text x="{x(n):.1f}" y="{bottom + 22}" text-anchor="middle">{n} CPU{"s" if n > 1 else ""}</text>'
            for n in cpus]
    for number, (row, at) in enumerate(rows.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(n):.1f},{y(at[n]):.1f}" for n in sorted(at))
        out += [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
                f'<text x="{right + 20}" y="{top + 20 * number}" fill="{colour}">{escape(row)} '
                f'{at[max(at)]:.2f}</text>']
    return "\n".join([*out, "</svg>"]) + "\n"
