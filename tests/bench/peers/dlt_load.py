"""With dlt: an Arrow table from polars' CSV reader, loaded by COPY and merged by dlt itself, by upsert.

Its pipeline keeps its state in a directory that is gone at the end, as in a container.
"""

import os
import tempfile
from collections.abc import Iterator

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}

import contest
import dlt
import polars_load
import pyarrow


@dlt.resource(
    name="contacts",
    primary_key="contact_key",
    columns={"contact_key": {"unique": True}},
    write_disposition={"disposition": "merge", "strategy": "upsert"},
)
def contacts(file: str) -> Iterator[pyarrow.Table]:
    """One table: dlt's upsert fails where two rows have one key."""
    yield polars_load.keyed(file).to_arrow()


def load(url: str, file: str) -> None:
    """PostgreSQL alone; into a table of its own making. It wants to see a password and a host, unused."""
    server = dlt.destinations.postgres(url.replace("postgres@/", "postgres:none@localhost/"))
    with tempfile.TemporaryDirectory() as state:
        pipeline = dlt.pipeline("bench", destination=server, dataset_name="public", pipelines_dir=state)
        pipeline.run(contacts(file), loader_file_format="csv")


if __name__ == "__main__":
    contest.run(load)
