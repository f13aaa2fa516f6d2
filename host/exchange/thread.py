"""A local Kraken in a thread of its own, for tests and programs that are not asynchronous."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from host.exchange.faults.injector import Injected
from host.exchange.market import Market
from host.exchange.server import Exchange
from host.exchange.source import Source

_STOP_S = 10.0


class ExchangeThread:
    """An `Exchange` and its event loop; the methods may be called from any thread."""

    def __init__(self, source: Source, options: dict):
        self._source = source
        self._options = options
        self._ready = threading.Event()
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="local Kraken", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self.failure:
            raise self.failure
        self.port = self._exchange.port
        self.url = self._exchange.url
        self.rest_url = self._exchange.rest_url
        self.ca_der = self._exchange.ca_der
        self.ca_path = self._exchange.ca_path

    @property
    def frames_recorded(self) -> int:
        return self._exchange.frames_recorded

    @property
    def messages_sent(self) -> int:
        return self._exchange.messages_sent

    def url_of(self, dialect: str) -> str:
        """Where `spot_v2`, `spot_v1` or `futures_v1` is spoken."""
        return self._exchange.url_of(dialect)

    def set_system(self, word: str, upcoming: list[dict] | None = None) -> None:
        """Be `online`, in `maintenance`, `cancel_only` or `post_only`, and tell everybody."""
        self._call(self._exchange.set_system, word, upcoming)

    @property
    def injected(self) -> list[Injected]:
        """The faults that have struck, in order, with their times."""
        return self._exchange.injected

    def fault(self, name: str, **options) -> None:
        """Inject a fault by its name; `host.exchange.faults` has the table. Raises UserError."""

        async def inject() -> None:
            self._exchange.fault(name, **options)

        asyncio.run_coroutine_threadsafe(inject(), self._loop).result(_STOP_S)

    def stop(self) -> None:
        """Close all connections with 1001 and end; a second call does nothing."""
        if self._thread.is_alive():
            self._call(self._stopping.set)
            self._thread.join(_STOP_S)

    def _call(self, function, *args) -> None:
        self._loop.call_soon_threadsafe(function, *args)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        async with Exchange(self._source, **self._options) as self._exchange:
            self._ready.set()
            await self._stopping.wait()


@contextmanager
def exchange_in_thread(source: Source | None = None, **options) -> Iterator[ExchangeThread]:
    """Serve `source` (default: the seeded market from now on) until the context is left.

    `options` are those of `Exchange`; raises what it raises.
    """
    thread = ExchangeThread(source or Market(), options)
    try:
        yield thread
    finally:
        thread.stop()
    if thread.failure:
        raise thread.failure
