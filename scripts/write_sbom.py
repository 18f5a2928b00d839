"""
Write what the program is made of: a CycloneDX bill of materials, and the licences in a table.

Reads requirements.lock and the metadata of the installed packages; the same lock and packages give
the same bytes. Usage: python scripts/write_sbom.py [--check]
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
SBOM = ROOT / "docs" / "sbom.cdx.json"
LICENCES = ROOT / "docs" / "licences.md"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ; (.*?))? \\$")


def locked(text: str) -> list[tuple[str, str, str, list[str]]]:
    """List name, version, marker and SHA-256 hashes of what a lock file pins."""
    found: list[tuple[str, str, str, list[str]]] = []
    for line in text.splitlines():
        pinned = _PINNED.match(line)
        if pinned:
            found.append((pinned[1], pinned[2], pinned[3] or "", []))
        elif "--hash=sha256:" in line:
            found[-1][3].append(line.strip().removeprefix("--hash=sha256:").rstrip(" \\"))
    return found


def licence(name: str) -> str:
    """Say a package's licence as its metadata do; "not installed here" where it is not."""
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return "not installed here"
    expression = found.get("License-Expression")
    if expression:
        return str(expression)
    named = [
        value.rpartition(" :: ")[2]
        for value in found.get_all("Classifier") or []
        if value.startswith("License :: ") and value.count(" :: ") > 1
    ]
    text = str(found.get("License") or "").strip().splitlines()
    return "; ".join(named) or (text[0][:60] if text else "not stated")


def document(components: list[tuple[str, str, str, list[str]]]) -> str:
    """Write the bill of materials as CycloneDX 1.6 JSON."""
    listed = []
    for name, version, _, hashes in components:
        entry: dict[str, object] = {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"name": licence(name)}}],
            "externalReferences": [
                {
                    "type": "distribution",
                    "url": f"pkg:pypi/{name}@{version}",
                    "hashes": [{"alg": "SHA-256", "content": value} for value in hashes],
                }
            ],
        }
        listed.append(entry)
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "market-impact"}},
        "components": listed,
    }
    return json.dumps(content, indent=1) + "\n"


def table(components: list[tuple[str, str, str, list[str]]]) -> str:
    """Write the licences as a Markdown table."""
    lines = [
        "# Licences of what the program runs on",
        "",
        "Written by `./scripts/lock` from `requirements.lock` and the packages' own metadata; the",
        "bill of materials with every hash is [sbom.cdx.json](sbom.cdx.json) (CycloneDX 1.6).",
        "",
        "| package | version | licence | only where |",
        "|---|---|---|---|",
    ]
    for name, version, marker, _ in components:
        where = f"`{marker}`" if marker else ""
        lines.append(f"| {name} | {version} | {licence(name)} | {where} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write both files; with ``--check`` say whether versions are those of the lock instead."""
    components = locked(LOCK.read_text(encoding="utf-8"))
    if arguments == ["--check"]:
        held = json.loads(SBOM.read_text(encoding="utf-8"))["components"]
        same = [(c["name"], c["version"]) for c in held] == [c[:2] for c in components]
        print("the bill of materials is that of the lock" if same else "run ./scripts/lock")
        return 0 if same else 1
    SBOM.write_text(document(components), encoding="utf-8")
    LICENCES.write_text(table(components), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
