"""The paper that answers are printed on: lines and tables that fit, plain where nobody watches.

Everything printed goes through `plain`: control characters and bytes that are not text are escaped.
On a terminal the width is the terminal's; elsewhere it is COLUMNS where that is set, and else as wide as the
answer needs, so that a program that reads the lines never meets a broken one.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, TextIO

from tournee.core.errors import LocalFileError
from tournee.core.facts import Reason
from tournee.core.messages.grammar import plain

if TYPE_CHECKING:  # Rich is loaded for a table, not for a line or for JSON
    from rich.text import Text

Say = Callable[[Reason], str]

GOOD, BAD, ODD, FAINT = "green", "red", "yellow", "dim"

#: A cell: its text, or its text and a style (`red`, `bold`) for terminals that show colours.
Cell = str | tuple[str, str]

_COMMAND = re.compile("`[^`]*`")
_GLUE = "\0"  # which `plain` leaves in no text

ENDLESS = 100_000
MINIMUM = 8  # columns that a cell keeps however narrow the terminal is


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its title, whether it may be folded into several lines, and its side."""

    title: str = ""
    fold: bool = False
    right: bool = False


@dataclass(slots=True, kw_only=True)
class Paper:
    """A stream to print on, the reader's language (`say`) and the zone in which times are shown."""

    stream: TextIO
    say: Say
    zone: tzinfo = UTC

    def word(self, code: str, **details: object) -> str:
        """A word or a sentence in the reader's language."""
        return self.say(Reason(code, details))

    def about(self, subject: str, told: str) -> str:
        """`subject: told`, as the reader's language writes it."""
        return self.word("note_about", subject=subject, told=told)

    def time(self, at: datetime | None) -> str:
        """A moment to the minute, in `zone`."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at else "–"

    def line(self, text: str = "", style: str = "", indent: int = 0) -> None:
        """A line of text, folded between words where it is longer than the terminal; no command is."""
        from textwrap import TextWrapper

        margin = " " * indent
        wrapper = TextWrapper(
            max(self.width, indent + 20),
            initial_indent=margin,
            subsequent_indent=margin,
            break_on_hyphens=False,
            break_long_words=False,
        )
        whole = _COMMAND.sub(lambda found: found.group().replace(" ", _GLUE), str(plain(text)))
        for part in wrapper.wrap(whole) or [""]:
            self.write(f"{self._coloured(part.replace(_GLUE, ' '), style)}\n")

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], indent: int = 0) -> None:
        """A table; without titles where no column has one."""
        from rich.console import Console
        from rich.padding import Padding
        from rich.table import Table

        table = Table(
            box=None,
            pad_edge=False,
            padding=(0, 2, 0, 0),
            show_header=any(column.title for column in columns),
        )
        for column in columns:
            table.add_column(
                column.title,
                header_style="bold",
                justify="right" if column.right else "left",
                no_wrap=not column.fold,
                overflow="fold" if column.fold else "ellipsis",
                min_width=MINIMUM if column.fold else None,
            )
        for row in rows:
            table.add_row(*map(_text, row))
        console = Console(
            width=self.width, color_system="auto" if self.colour else None, force_terminal=self.colour
        )
        with console.capture() as capture:
            console.print(Padding(table, (0, 0, 0, indent), expand=False))
        self.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))

    @property
    def colour(self) -> bool:
        """Whether styles are shown: on a terminal, unless NO_COLOR is set or it is a dumb one."""
        return self.stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """How many columns a line may have."""
        columns = os.environ.get("COLUMNS", "")
        if columns.isdigit() and int(columns) > 0:
            return int(columns)
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or ENDLESS
        except (OSError, ValueError):  # not a terminal, or not a file at all
            return ENDLESS

    def write(self, text: str) -> None:
        """Print text as it is; raises LocalFileError. Whoever reads us may have gone: no failure of ours."""
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # what is buffered goes there
            if not isinstance(error, BrokenPipeError):
                raise LocalFileError(
                    Reason("cannot_print", {"error": os.strerror(error.errno or 0)})
                ) from error

    def _coloured(self, text: str, style: str) -> str:
        if not style or not self.colour:
            return text
        from rich.console import Console
        from rich.text import Text

        console = Console(width=ENDLESS, force_terminal=True)
        with console.capture() as capture:
            console.print(Text(text, style=style), end="")
        return capture.get()


def _text(cell: Cell) -> "Text":
    from rich.text import Text

    text, style = (cell, "") if isinstance(cell, str) else cell
    return Text(str(plain(text)), style=style)


def watched(stream: TextIO) -> bool:
    """Whether a person looks at `stream` and can be shown something that moves."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(stream: TextIO = sys.stderr) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each file that is told of, gone when the block ends."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(file=stream), transient=True) as shown:

        def tell(name: str, done: int, total: int) -> None:
            if name not in bars:
                bars[name] = shown.add_task(str(plain(name)), total=total)
            shown.update(bars[name], completed=done, total=total, visible=done < total)

        yield tell
