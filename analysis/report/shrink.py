"""Drawings in fewer bytes, with nothing moved by more than a twentieth of a point."""

from __future__ import annotations

import re

_GROUP = re.compile(r"<g(?:\s[^>]*)?>|</g>")
_PATH = re.compile(r'\bd="([^"]*)"')
_PLAIN = re.compile(r"(?:\s*[MLz](?:\s+-?[\d.]+(?:e-?\d+)?){0,2})+\s*")
_STEP = re.compile(r"([MLz])\s*(?:(-?[\d.]+(?:e-?\d+)?)\s+(-?[\d.]+(?:e-?\d+)?))?")
_STILL = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
_ID = re.compile(r'\bid="([^"]*)"')
_REFERENCE = re.compile(r'(?:href="#|url\(#)([^)"]*)[)"]')

TENTHS = 10
"""Parts of a point that are kept of straight lines."""


def shrink(text: str, prefix: str) -> str:
    r"""
    Write a drawing of matplotlib's in fewer bytes.

    Parameters
    ----------
    text : str
        SVG.
    prefix : str
        Of the ids that are referred to; others are dropped.

    Returns
    -------
    str

    Examples
    --------
    >>> shrink('<g><path id="a" d="M 1.04 2 L 3.16 2"/></g>', "x")
    '<path d="M1 2l2.2 0"/>'
    """
    named = {name: f"{prefix}{at}" for at, name in enumerate(dict.fromkeys(_referred(text)))}
    text = _ID.sub(lambda m: f'id="{named[m[1]]}"' if m[1] in named else "", text)
    text = re.sub(r"#([^)\"]+)(?=[)\"])", lambda m: f"#{named.get(m[1], m[1])}", text)
    text = _STILL.sub("", text.replace("xlink:href", "href"))
    text = _PATH.sub(lambda m: f'd="{_relative(m[1])}"', text)
    text = _ungrouped(text)
    text = re.sub(r"<defs\s*/>|<defs>\s*</defs>", "", text)
    text = re.sub(r"<(\w+)\s+", r"<\1 ", text)
    text = re.sub(r"\s+(/?>)", r"\1", text)
    return re.sub(r">\s+<", "><", text)


def _referred(text: str) -> list[str]:
    return _REFERENCE.findall(text)


def _ungrouped(text: str) -> str:
    """Drop groups that say nothing, and keep what they hold."""
    kept: list[bool] = []

    def judged(found: re.Match[str]) -> str:
        tag = found[0]
        if tag == "</g>":
            return tag if kept.pop() else ""
        if tag.endswith("/>"):
            return ""
        kept.append(not re.fullmatch(r"<g\s*>", tag))
        return tag if kept[-1] else ""

    return _GROUP.sub(judged, text)


def _relative(path: str) -> str:
    """Write a path of straight lines in steps; others stay as they are, in shorter numbers."""
    if not _PLAIN.fullmatch(path):
        return re.sub(r"\s+", " ", re.sub(r"-?\d+\.\d+", _rounded, path)).strip()
    written, last, at = [], "", (0, 0)
    for command, x, y in _STEP.findall(path):
        if command == "z":
            written.append("z")
            last = "z"
            continue
        to = (_tenths(x), _tenths(y))
        if command == "M":
            written.append(f"M{_point(to[0])} {_point(to[1])}")
        else:
            step = f"{_point(to[0] - at[0])} {_point(to[1] - at[1])}"
            written.append(f" {step}" if last == "L" else f"l{step}")
        last, at = command, to
    return "".join(written)


def _tenths(number: str) -> int:
    return round(float(number) * TENTHS)


def _point(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), TENTHS)
    sign = "-" if tenths < 0 else ""
    return (
        f"{sign}{whole}.{rest}"
        if rest and whole
        else f"{sign}.{rest}"
        if rest
        else f"{sign}{whole}"
    )


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
