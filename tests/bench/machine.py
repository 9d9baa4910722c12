"""What machine this is and which versions were measured."""

import json
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

import limit
from contestants import PEERS
from stores import Database

PACKAGES = ("pandas", "sqlite-utils", "polars", "adbc-driver-postgresql", "duckdb", "dlt")


def facts(databases: Sequence[Database], missing: Sequence[str]) -> dict[str, str]:
    """Of each fact its name and what a reader is told."""
    kinds = ", ".join(f"{database.name} {database.version}" for database in databases)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{cpu_count()} cores of {processor()}, {memory()} of memory, {platform.system()}",
        "tournee": version("tournee"),
        "python": platform.python_version(),
        "databases": kinds,
        "sqlite way": limit.sqlite_way(),
        "peers": ", ".join(f"{name} {number}" for name, number in versions().items()),
        "missing": ", ".join(missing),
    }


def processor() -> str:
    """The name that the processor gives itself."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory() -> str:
    """All of it, in GiB."""
    first = Path("/proc/meminfo").read_text(encoding="utf-8").split("\n", 1)[0]
    return f"{round(int(first.split()[1]) / (1 << 20))} GiB"


def versions() -> dict[str, str]:
    """Of the peers' packages that are installed."""
    if not PEERS.exists():
        return {}
    asking = "import json, sys; from importlib.metadata import distributions as d; "
    asking += "print(json.dumps({one.name.lower(): one.version for one in d()}))"
    done = subprocess.run([str(PEERS), "-c", asking], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return {name: found[name] for name in PACKAGES if name in found}
