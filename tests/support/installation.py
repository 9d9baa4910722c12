"""What the installations that tests act on share: a configuration, a database, and a clock that tests set."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tournee.actions import App
from tournee.config import load
from tournee.core.settings import Database
from tournee.store import Store

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@dataclass
class Installation:
    """`root` holds the configuration; `app` is what actions are given."""

    root: Path
    database: Database
    store: Store
    now: datetime = field(default=NOON, init=False)
    app: App = field(init=False)

    @property
    def config(self) -> Path:
        return self.root / "tournee.yaml"

    def open(self, text: str) -> None:
        """As if started with this configuration."""
        self.config.write_text(text, "utf-8")
        self.app = App(config=load(str(self.config), {}), store=self.store, clock=self.clock)

    def clock(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)
