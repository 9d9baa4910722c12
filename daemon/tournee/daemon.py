"""The daemon: each list polled when it is due, what was planned sent, people told; until a signal says stop.

Every repository has a lane of its own (an APScheduler executor with `max_connections` threads), so that a
server that hangs delays only its own lists. A round arms the next one when it ends: a list is never polled
twice at once, and what was missed meanwhile (a long poll, a sleeping host) is made up for once.

Alerts have a thread, woken by every poll and every half minute for retries that are due. So has looking for
solicitations that are due, which also glances every second at what became due since, because a person here or
on another node let it go; each outlet that has some gets a thread until nothing is left there.

SIGTERM and SIGINT end everything within `GRACE` seconds; what cannot be finished is rolled back. SIGHUP reads
the configuration again; a broken one is logged and the old one stays.
"""

import os
import signal
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event, RLock, Thread
from time import monotonic, sleep

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from tournee import telemetry
from tournee.actions import App, alert, explain, leftovers, poll, send
from tournee.actions.outlets import EVER, Outlet, Paces, outlets
from tournee.config import Config
from tournee.core.errors import ConfigurationError, Stopped, StoreError, TourneeError
from tournee.core.facts import Reason, SendReport
from tournee.web import Web

GRACE = 25.0  # seconds to finish or roll back; systemd and Docker are told 30
BEAT = 1.0  # seconds that a signal may be late
PULSE = 30.0  # seconds between looks at the outbox, and at a clock that may have jumped
BREATH = timedelta(seconds=1)  # between two looks at the same directory, at least
OVERLAP = timedelta(seconds=2)  # what was written as due a moment ago may be committed only now


def run(app: App, load: Callable[[], Config]) -> int:
    """Run until SIGTERM or SIGINT and return the exit code 0; `load` reads the configuration for SIGHUP.

    Raises AlreadyRunning when another daemon has this SQLite file, CannotListen where another program has the
    port. A lane that does not end in time is left behind: the process ends here and now, and the database
    rolls its transaction back.
    """
    with app.store.daemon_lock():
        daemon = Daemon(app)
        requests = _signals()
        daemon.start()
        notify("READY=1")
        _serve(daemon, requests, load)
        notify("STOPPING=1")
        if not daemon.stop(requests):
            telemetry.log.warning("stopped_in_the_middle", lanes=daemon.busy())
            os._exit(0)
    telemetry.log.info("stopped")
    return 0


def _signals() -> "SimpleQueue[int]":
    """A queue that receives the signals: its `put` is safe where a signal interrupts anything."""
    requests: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: requests.put(received))
    return requests


def _serve(daemon: "Daemon", requests: "SimpleQueue[int]", load: Callable[[], Config]) -> None:
    """Until a signal asks for the end; the scheduler looks at the clock again now and then."""
    while True:
        request = _next(requests)
        if request is None:
            with contained():
                daemon.look_at_the_clock()
            continue
        if request != signal.SIGHUP:
            return
        notify(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic() * 1_000_000)}")
        with contained():
            _reload(daemon, load)
        notify("READY=1")


def _next(requests: "SimpleQueue[int]") -> int | None:
    """The next signal, or None after a pulse.

    A signal that comes just before a wait begins is noted, and does not end the wait: so none is long.
    """
    until = monotonic() + PULSE
    while monotonic() < until:
        with suppress(Empty):
            return requests.get(timeout=BEAT)
    return None


def _reload(daemon: "Daemon", load: Callable[[], Config]) -> None:
    try:
        daemon.change_to(load())
    except ConfigurationError as wrong:
        for problem in wrong.problems:
            telemetry.log.error("configuration_wrong", problem=str(problem))


class Daemon:
    """The lanes and what is armed on them."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._lock = RLock()
        self._due: dict[str, datetime] = {}  # of each list: its next regular poll
        self._armed: dict[str, Job] = {}
        self._running: set[str] = set()
        self._lanes: set[str] = set()
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
        self._web = Web(lambda: self.app)
        alerting = Courier("alert", app.stop, lambda: _alert(self.app))
        self._sending = Sending(lambda: self.app, alerting.wake)
        sending = Courier("send", app.stop, self._sending.look, self._sending.glance)
        self._couriers = (sending, alerting)

    def start(self) -> None:
        """Listen, arm every list, those first of all that were due meanwhile, and start the couriers.

        Raises CannotListen.
        """
        self._web.serve(self.app.settings.http)
        with self._lock:
            self._due = explain.next_polls(self.app)
            for key, due in self._due.items():
                self._arm(key, due)
        self._scheduler.start()
        for courier in self._couriers:
            courier.start()
        telemetry.log.info("started", lists=len(self._due))

    def look_at_the_clock(self) -> None:
        """A host that slept, or whose clock was set, may be late for something, or have it far too late."""
        with self._lock:
            now = self.app.clock()
            for key, due in self._due.items():
                if due > self._next_after(key, now) and key not in self._running:
                    self._due[key] = now
                    self._arm(key, now)
        self._scheduler.wakeup()

    def stop(self, requests: "SimpleQueue[int]") -> bool:
        """End every lane; False if one still works after the grace, or when a second signal asks."""
        telemetry.log.info("stopping", polls=sorted(self._running))
        until = monotonic() + GRACE
        self.app.halt()
        self._web.stop()
        self._scheduler.shutdown(wait=False)
        for courier in self._couriers:
            courier.wake()
        while self.busy() and monotonic() < until and requests.empty():
            sleep(0.05)
            self.app.halt()  # a repository that was being opened a moment ago is open now
        return not self.busy()

    def busy(self) -> list[str]:
        """The lists being polled, the couriers, and the outlets at work."""
        with self._lock:
            running = sorted(self._running)
        threads = (*self._couriers, *self._sending.threads)
        return running + [thread.name for thread in threads if thread.is_alive()]

    def change_to(self, config: Config) -> None:
        """Go on with another configuration; polls and attempts under way end with the old one.

        Raises StoreError and CannotListen, and then goes on with the old one.
        """
        if config.settings.database != self.app.settings.database:
            telemetry.log.error("database_changed", problem="another database needs a restart of the daemon")
            return
        app = replace(self.app, config=config)
        due = explain.next_polls(app)
        self._web.serve(config.settings.http)
        with self._lock:
            before, self.app = self.app, app
            for key in self._due.keys() - due.keys():
                self._disarm(key)
            same = {key for key in due.keys() & self._due.keys() if _plan(before, key) == _plan(app, key)}
            self._due = {key: self._due[key] if key in same else at for key, at in due.items()}
            for key in due.keys() - same - self._running:
                self._arm(key, due[key])
        for courier in self._couriers:
            courier.wake()
        telemetry.log.info("reloaded", lists=len(due))

    # ---------------------------------------------------------------- rounds

    def _round(self, key: str) -> None:
        """Poll a list, wake the couriers, arm the list again."""
        app, again = self.app, None
        if app.stop.is_set():
            return
        started = app.clock()
        with self._lock:
            self._running.add(key)
        try:
            with contained(list=key):
                again = _poll(app, key)
        finally:
            for courier in self._couriers:
                courier.wake()
            with self._lock:
                self._running.discard(key)
                self._arm_again(key, started, again)

    def _arm_again(self, key: str, started: datetime, again: datetime | None) -> None:
        """The next regular poll, or an earlier look at files that may have settled by then."""
        if self.app.stop.is_set() or key not in self._due:
            return
        if self._due[key] <= started:
            self._due[key] = self._next_after(key, started)
        look = max(again, self.app.clock() + BREATH) if again else self._due[key]
        self._arm(key, min(look, self._due[key]))

    def _next_after(self, key: str, at: datetime) -> datetime:
        return self.app.feed(key).schedule.next_after(at, self.app.timezone)

    def _arm(self, key: str, at: datetime) -> None:
        """One job a list, on its repository's lane, whatever was armed before."""
        self._disarm(key)
        self._armed[key] = self._scheduler.add_job(
            self._round, "date", run_date=at, args=[key], executor=self._lane(key), name=key
        )

    def _disarm(self, key: str) -> None:
        if key in self._armed:
            with suppress(JobLookupError):  # it has run, or waits in its lane
                self._armed.pop(key).remove()

    def _lane(self, key: str) -> str:
        """The executor of the list's repository; another number of connections makes another lane."""
        repository = self.app.settings.repositories[self.app.feed(key).repository]
        lane = f"{repository.key} x{repository.max_connections}"
        if lane not in self._lanes:
            self._scheduler.add_executor(ThreadPoolExecutor(repository.max_connections), alias=lane)
            self._lanes.add(lane)
        return lane


class Courier(Thread):
    """A thread that does its work at every wake and every `PULSE`, until `stop` is set.

    In between it may `glance` every `BEAT`, which is to be cheap and quiet.
    """

    def __init__(
        self, name: str, stop: Event, work: Callable[[], None], glance: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._stop_asked = stop
        self._work = work
        self._glance = glance
        self._woken = Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def run(self) -> None:
        """Work, wait, work."""
        while not self._stop_asked.is_set():
            with contained(lane=self.name):
                self._work()
            with contained(lane=self.name):
                self._wait()
            self._woken.clear()

    def _wait(self) -> None:
        until = monotonic() + PULSE
        while not self._woken.wait(BEAT) and monotonic() < until:
            self._glance()


class Sending:
    """A thread for each outlet that has something due, until nothing is left there; `ended` hears of each.

    Another configuration ends them all, each before its next message; then they go on by the new one.
    """

    def __init__(self, app: Callable[[], App], ended: Callable[[], None]) -> None:
        self._app = app
        self._ended = ended
        self._paces = Paces()
        self._running: dict[str, Thread] = {}
        self._wanted: set[str] = set()  # keys of outlets
        self._looked_at = EVER
        self._pauses: frozenset[str] = frozenset()
        self._told: Reason | None = None

    @property
    def threads(self) -> tuple[Thread, ...]:
        """Those at work, and perhaps some that have ended."""
        return tuple(self._running.values())

    def look(self, since: datetime = EVER) -> None:
        """Start what has something due; what is at work already is started again when it ends."""
        app = self._app()
        now = app.clock()
        work = send.look(app, since=since)
        self._looked_at, self._pauses = now, work.pauses
        self._wanted |= {outlet.key for outlet in work.outlets}
        self._settle(app, work.gone)
        for outlet in outlets(app.settings):
            if outlet.key in self._wanted and not self._at_work(outlet.key):
                self._wanted.discard(outlet.key)
                self._start(app, outlet)
        if work.reason != self._told and since == EVER:
            self._told = work.reason
            if work.reason:
                telemetry.log.warning("not_sent", reason=work.reason)

    def glance(self) -> None:
        """The same for what became due since, or is no longer paused; the database may be away meanwhile."""
        pauses = self._pauses
        with suppress(StoreError):
            self.look(self._looked_at - OVERLAP)
            if not pauses <= self._pauses:
                self.look()

    def _settle(self, app: App, gone: Collection[str]) -> None:
        lost = leftovers.settle_gone(app, gone)
        if lost:
            telemetry.log.warning("sent", **telemetry.send_facts(SendReport(uncertain=lost)))

    def _at_work(self, key: str) -> bool:
        return key in self._running and self._running[key].is_alive()

    def _start(self, app: App, outlet: Outlet) -> None:
        thread = Thread(name=f"send {outlet.key}", target=self._drain, args=(app, outlet), daemon=True)
        self._running[outlet.key] = thread
        thread.start()

    def _drain(self, app: App, outlet: Outlet) -> None:
        busy = False
        with contained(outlet=outlet.key):
            report = send.drain(app, outlet, paces=self._paces, wanted=lambda: self._app() is app)
            busy = report.busy
            facts = telemetry.send_facts(report)
            if any(facts.values()):
                telemetry.log.info("sent", outlet=outlet.key, **facts)
        if not busy:
            self._ended()


# ---------------------------------------------------------------- what a lane does


@contextmanager
def contained(**fields: object) -> Iterator[None]:
    """The one boundary of the lanes: whatever happens is logged, without a value, and the lane goes on."""
    try:
        with telemetry.bound(**fields):
            yield
    except Stopped:
        pass
    except TourneeError as trouble:
        telemetry.log.error("failed", reason=trouble.reason, **fields)
    except Exception as bug:
        telemetry.log.bug(bug, **fields)


def _poll(app: App, key: str) -> datetime | None:
    """One pass; when to look again at what waits."""
    report = poll.poll(app, key)
    tell = telemetry.log.info if report.ok else telemetry.log.warning
    tell("polled", **telemetry.poll_facts(report))
    return report.look_again_at


def _alert(app: App) -> None:
    report = alert.deliver(app)
    if report.sent or report.later:
        telemetry.log.info("alerted", sent=report.sent, later=report.later, reason=report.reason)


def _plan(app: App, key: str) -> tuple[object, object]:
    """What decides when and where a list is polled."""
    return app.feed(key), app.timezone


def notify(state: str) -> None:
    """Tell systemd, where it asked to be told; it is no failure of ours if it does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        sock.sendall(state.encode())
