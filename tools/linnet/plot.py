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
