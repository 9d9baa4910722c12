"""With polars: a data frame, ADBC (a binary COPY) into a staging table, one INSERT ... ON CONFLICT."""

import contest
import limit
import polars
from adbc_driver_postgresql import dbapi


def keyed(file: str) -> polars.DataFrame:
    """The rows that have a key, of each key the last."""
    frame = polars.read_csv(file, separator=";", infer_schema=False, new_columns=list(limit.COLUMNS))
    email = polars.col("email").str.strip_chars().str.to_lowercase()
    phone = polars.col("phone").str.replace_all(" ", "", literal=True)
    frame = frame.with_columns(contact_key=polars.when(email != "").then(email).otherwise(phone))
    return frame.filter(polars.col("contact_key").is_not_null()).unique("contact_key", keep="last")


def load(url: str, file: str) -> None:
    """PostgreSQL alone."""
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("stage", keyed(file).to_arrow(), mode="create", temporary=True)
        cursor.execute(contest.MERGE)
        connection.commit()


if __name__ == "__main__":
    contest.run(load)
