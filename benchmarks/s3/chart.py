"""Charts of what was measured, as SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

WIDTH: Final = 720
BAR: Final = 22
LEFT: Final = 170
_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" '
    'font-family="sans-serif" font-size="12"><rect width="{0}" height="{1}" fill="#fff"/>'
)


def bars(titled: Mapping[str, Mapping[str, float]]) -> str:
    """Return bars of seconds on a logarithmic scale, one group for each setting."""
    every = [seconds for taken in titled.values() for seconds in taken.values()]
    low, high = math.log10(min(every) / 2), math.log10(max(every) * 3)
    lines: list[str] = []
    top = 10
    for title, taken in titled.items():
        lines.append(f'<text x="10" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += 22
        for name, seconds in sorted(taken.items(), key=lambda one: one[1]):
            length = (math.log10(seconds) - low) / (high - low) * (WIDTH - LEFT)
            color = "#1f6f43" if name.startswith("runner") else "#9aa5b1"
            lines += (
                f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(name)}</text>',
                f'<rect x="{LEFT}" y="{top + 2}" width="{length:.0f}" height="{BAR - 6}" fill="{color}"/>',
                f'<text x="{LEFT + length + 6:.0f}" y="{top + 14}">{seconds:.2f} s</text>',
            )
            top += BAR
        top += 12
    return "\n".join((_HEAD.format(WIDTH, top), *lines, "</svg>\n"))


def growth(points: Sequence[tuple[int, float, float]]) -> str:
    """Return seconds of CPU and megabytes over numbers of objects; both axes are logarithmic."""
    height, bottom = 320, 280
    first, last = math.log10(points[0][0]), math.log10(points[-1][0])
    every = [value for _, cpu, memory in points for value in (cpu, memory)]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))

    def at(count: int, value: float) -> tuple[float, float]:
        across = (math.log10(count) - first) / max(last - first, 1)
        return 60 + across * (WIDTH - 200), bottom - (math.log10(value) - low) / (high - low) * (bottom - 20)

    lines = [_HEAD.format(WIDTH, height)]
    for power in range(low, high + 1):
        y = at(points[0][0], 10.0**power)[1]
        lines.append(f'<path d="M60 {y:.0f}H{WIDTH - 140}" stroke="#ddd"/><text x="52" y="{y + 4:.0f}" ')
        lines[-1] += f'text-anchor="end">{10.0**power:g}</text>'
    for count, _, _ in points:
        x = at(count, 1)[0]
        lines.append(f'<text x="{x:.0f}" y="{bottom + 20}" text-anchor="middle">{count:,}</text>')
    series = (
        ("seconds of CPU", "#1f6f43", [at(count, cpu) for count, cpu, _ in points]),
        ("MB of memory", "#9a3412", [at(count, memory) for count, _, memory in points]),
    )
    for name, color, places in series:
        path = "L".join(f"{x:.0f} {y:.0f}" for x, y in places)
        x, y = places[-1]
        lines.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{color}"/>' for x, y in places]
        lines.append(f'<text x="{x + 8:.0f}" y="{y + 4:.0f}" fill="{color}">{name}</text>')
    return "\n".join((*lines, "</svg>\n"))
