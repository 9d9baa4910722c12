"""What one would write instead with pandas: `pandas_load.py URL FILE`, into the table that `limit` made.

The file becomes a data frame, the frame a staging table by `to_sql`, and that is merged as the limit does it.
"""

import sys

import limit
import pandas
import sqlalchemy


def main() -> None:
    """Load one file."""
    url, file = sys.argv[1:]
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    frame = pandas.read_csv(file, sep=";", dtype=str)
    frame.columns = pandas.Index(limit.COLUMNS)
    frame["contact_key"] = frame["email"].str.strip().str.lower().fillna(frame["phone"].str.replace(" ", ""))
    frame = frame[frame["contact_key"].notna()].drop_duplicates("contact_key", keep="last")
    with engine.begin() as connection:
        frame.to_sql("stage", connection, index=False, if_exists="replace")
        connection.exec_driver_sql(
            f"INSERT INTO contacts (contact_key, {limit.NAMES}) SELECT contact_key, {limit.NAMES} FROM stage "
            f"WHERE true {limit.CONFLICT}"
        )
        connection.exec_driver_sql("DROP TABLE stage")


if __name__ == "__main__":
    main()
