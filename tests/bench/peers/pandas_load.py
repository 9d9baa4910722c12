"""With pandas: a data frame, `to_sql` into a staging table, one INSERT ... ON CONFLICT."""

import contest
import limit
import pandas
import sqlalchemy


def load(url: str, file: str) -> None:
    """SQLite or PostgreSQL."""
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    frame = pandas.read_csv(file, sep=";", dtype=str)
    frame.columns = pandas.Index(limit.COLUMNS)
    email, phone = frame["email"].str.strip().str.lower(), frame["phone"].str.replace(" ", "")
    frame["contact_key"] = email.where(email.fillna("") != "", phone)
    frame = frame[frame["contact_key"].notna()].drop_duplicates("contact_key", keep="last")
    with engine.begin() as connection:
        frame.to_sql("stage", connection, index=False, if_exists="replace")
        connection.exec_driver_sql(contest.MERGE)
        connection.exec_driver_sql("DROP TABLE stage")


if __name__ == "__main__":
    contest.run(load)
