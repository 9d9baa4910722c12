"""What the tests of several rooms share: a PostgreSQL server, and an empty database for each test."""

pytest_plugins = ("support.databases",)
