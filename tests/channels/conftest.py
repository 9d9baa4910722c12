from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.smtp import Sink
from tournee.channels.email import EmailChannel
from tournee.core.settings import Mail, MailSecurity
from tournee.demo.embedded import Certificate


@pytest.fixture
def serve() -> Iterator[Callable[..., Sink]]:
    running: list[Sink] = []

    def start(**options: object) -> Sink:
        sink = Sink(**options)  # type: ignore[arg-type]
        sink.start()
        running.append(sink)
        return sink

    yield start
    for sink in running:
        sink.stop()


@pytest.fixture
def sink(serve: Callable[..., Sink]) -> Sink:
    return serve()


@pytest.fixture(scope="session")
def shown() -> Certificate:
    return Certificate.make()


@pytest.fixture
def ca_file(shown: Certificate, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    file.write_bytes(shown.pem)
    return str(file)


@pytest.fixture
def reach() -> Iterator[Callable[..., EmailChannel]]:
    opened: list[EmailChannel] = []

    def channel(
        sink: Sink,
        security: MailSecurity = MailSecurity.OPPORTUNISTIC,
        host: str = "127.0.0.1",
        **more: object,
    ) -> EmailChannel:
        mail = Mail(
            url=f"{security}://{host}:{sink.port}",
            sender="Tournée <tournee@example.com>",
            security=security,
            host=host,
            port=sink.port,
            **more,  # type: ignore[arg-type]
        )
        opened.append(EmailChannel(mail))
        return opened[-1]

    yield channel
    for each in opened:
        each.close()
