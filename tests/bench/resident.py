"""Tournée as in its running daemon: everything is loaded and has worked once before anything is timed.

`resident.py import CONFIG WARM_UP FILE` imports FILE into the list `avis`; `resident.py poll CONFIG DEPOT
ROWS` puts files of so many rows into a drop box of this machine, one after the other, and polls for each;
`resident.py send CONFIG` sends what is planned. They print JSON; seconds are those of
the clock.
"""

import json
import sys
import time
from pathlib import Path

import contacts

from tournee.actions import App, intake, open_app, poll, send
from tournee.core.facts import FileOutcome

FIRST_OF_OTHERS = 28_000_000  # contacts that no other file has
POLLS = 20


def main() -> None:
    """Do what the command line says."""
    what, configuration, *words = sys.argv[1:]
    with open_app(configuration) as app:
        done = WORK[what](app, *words)
    print(json.dumps(done))


def imported(app: App, warm_up: str, file: str) -> dict[str, object]:
    """One import."""
    intake.import_file(app, "autre", warm_up)
    begun = time.perf_counter()
    taken = intake.import_file(app, "avis", file)
    seconds = time.perf_counter() - begun
    counts = taken.record.counts
    return {"seconds": seconds, "counts": {name: getattr(counts, name) for name in counts.__slots__}}


def polled(app: App, depot: str, rows: str) -> dict[str, object]:
    """Some polls, each of which finds one new file; the first two are not told."""
    spent = [one_poll(app, Path(depot), int(rows), number) for number in range(POLLS + 2)][2:]
    return dict(zip(("seconds", "processor"), zip(*spent, strict=True), strict=True))


def one_poll(app: App, depot: Path, rows: int, number: int) -> tuple[float, float]:
    """From the listing to the end of the pass, by the clock and of the processor."""
    file = depot / f"import_avis_{number:03}.csv"
    contacts.write(file, rows, first=FIRST_OF_OTHERS + number * rows)
    begun, worked = time.perf_counter(), time.process_time()
    (report,) = poll.poll_lists(app, ["avis"])
    spent = time.perf_counter() - begun, time.process_time() - worked
    outcome = next(seen.outcome for seen in report.files if seen.name == file.name)
    if outcome not in (FileOutcome.IMPORTED, FileOutcome.IMPORTED_WITH_ERRORS):
        raise SystemExit(f"a poll did not take its file: {report}")
    return spent


def sent(app: App) -> dict[str, object]:
    """All that is due, over one connection at a time."""
    begun = time.perf_counter()
    report = send.send_due(app)
    return {"seconds": time.perf_counter() - begun, "sent": report.sent}


WORK = {"import": imported, "poll": polled, "send": sent}


if __name__ == "__main__":
    main()
