"""The pure core: data in, data out; no clock, network, file system, database or log."""
