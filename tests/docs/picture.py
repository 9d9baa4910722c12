"""Draws docs/round.svg: the middle of what `tournee demo` shows, as it shows it (`make picture`)."""

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

CHAPTERS = ("The writer appends", "Why?")


def main() -> None:
    """Run the demo, keep some chapters, save them as a drawing of a terminal."""
    command = [sys.executable, "-m", "tournee", "demo"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    console = Console(record=True, width=104, file=StringIO())
    for chapter in re.split(r"\n\n(?=\S)", told.stdout):
        if chapter.startswith(CHAPTERS):
            for line in chapter.splitlines():
                console.print(Text(line, style=_style(line)))
            console.print()
    drawing = console.export_svg(title="tournee demo", font_aspect_ratio=0.61)
    drawing = re.sub(r"@font-face \{.*?\}\n", "", drawing, flags=re.DOTALL)  # nothing is fetched to show it
    (Path(__file__).parents[2] / "docs" / "round.svg").write_text(drawing, encoding="utf-8")


def _style(line: str) -> str:
    if not line.startswith(" "):
        return "bold"
    return {"$": "cyan", "✓": "green", "✗": "red"}.get(line.strip()[:1], "")


if __name__ == "__main__":
    main()
