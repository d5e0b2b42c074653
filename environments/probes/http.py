"""Web addresses asked side by side: one event loop on a thread of its own, bounded in time, size and redirects.

Every question gets exactly one `Answer`, whatever goes wrong. `Asking` knows no database: who asks takes the answers as
they come, and so hanging addresses delay nobody else's.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import resource
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self

import aiohttp
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from yarl import URL

from environments.rules.addresses import Network
from environments.rules.http_answers import LARGEST, Answer
from environments.rules.http_verdicts import Expected

from .http_names import Judged, NameServers, guarded
from .http_troubles import BadRedirect, TooManyRedirects, trouble

log = logging.getLogger(__name__)

MOST_PLACES = 900
# Files and connections that a worker has besides, twice over: each address may be tried on two connections at once.
OTHER_FILES = 256
# Of its time-out: for the name, the connection and its security together.
CONNECT_S = 10.0
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Of these the method and what is sent stay as they are.
AS_IT_WAS = frozenset({307, 308})
# Those that every other outgoing request trusts.
CERTIFICATES = str(DEFAULT_CA_BUNDLE_PATH)
OURS = {"User-Agent": "Daybreak", "Accept": "*/*", "Accept-Encoding": "identity"}


# Whether the question that is being asked has reached a server.
_reached: ContextVar[list[bool]] = ContextVar("_reached")


def places() -> int:
    """How many addresses may be asked at once: as many as this process may open connections."""
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_PLACES
    return max(min((files - OTHER_FILES) // 2, MOST_PLACES), 30)


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask; `secrets` are headers that no other host is shown. A redirect that is expected is not followed."""

    key: int
    url: str
    expected: Expected
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = ""
    timeout_s: float = 5


class _Response(aiohttp.ClientResponse):
    """Remembers the end of the certificate: once a short answer is here, its connection is gone."""

    certificate_until: datetime | None = None

    async def start(self, connection: Any) -> Self:
        _reached.get().append(True)
        secure = connection.transport.get_extra_info("ssl_object") if connection.transport else None
        if secure is not None and (ends := secure.getpeercert().get("notAfter")):
            self.certificate_until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
        await super().start(connection)
        return self


class Asking:
    """A context: `ask` puts questions, `answers` takes what has come; `waiting` counts those without an answer yet."""

    def __init__(
        self,
        *,
        allowed: Sequence[Network],
        certificates: str = CERTIFICATES,
        servers: NameServers | None = None,
    ) -> None:
        self.waiting = 0
        self._allowed, self._certificates, self._servers = tuple(allowed), certificates, servers or NameServers()
        self._came: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, name="http-checks", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop = self._ready.result()
        return self

    def __exit__(self, *error: object) -> None:
        """Ends at once: what has no answer yet gets none."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def ask(self, questions: Sequence[Question]) -> None:
        self.waiting += len(questions)
        self._loop.call_soon_threadsafe(self._begin, questions)

    def answers(self, *, within_s: float, most: int) -> list[Answer]:
        """What has come as soon as it is `most`, or all that was asked for, or the time is over."""
        end, found = time.monotonic() + within_s, list[Answer]()
        while len(found) < min(most, self.waiting):
            try:
                found.append(self._came.get(timeout=max(end - time.monotonic(), 0)))
            except queue.Empty:
                break
        self.waiting -= len(found)
        return found

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # whoever waits for the loop must learn that there is none
            if not self._ready.done():
                self._ready.set_exception(error)
            raise

    async def _main(self) -> None:
        self._over, self._places, self._tasks = asyncio.Event(), asyncio.Semaphore(places()), set[asyncio.Task[None]]()
        connector = aiohttp.TCPConnector(
            limit=0,
            force_close=True,
            resolver=Judged(self._allowed, self._servers),
            socket_factory=guarded(self._allowed),
            ssl=_trusting(self._certificates),
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_Response,
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S),
        ) as self._session:
            self._ready.set_result(asyncio.get_running_loop())
            await self._over.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, questions: Iterable[Question]) -> None:
        for question in questions:
            task = asyncio.create_task(self._answered(question))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answered(self, question: Question) -> None:
        async with self._places:
            began, reached = time.monotonic(), list[bool]()
            _reached.set(reached)
            try:
                async with asyncio.timeout(question.timeout_s):
                    answer = await self._followed(question)
            except Exception as error:  # one address must not keep the others from their answers
                connect_s = min(question.timeout_s, CONNECT_S)
                code, details = trouble(error, question.url, question.timeout_s, connect_s, reached=bool(reached))
                if code == "defect":
                    log.exception("Asking a web address broke.")
                answer = Answer(question.key, trouble=code, details=details | {"most": str(MOST_REDIRECTS)})
            self._came.put(replace(answer, ms=round((time.monotonic() - began) * 1000)))

    async def _followed(self, question: Question) -> Answer:
        """The answer, where it led on the one at the end. Raises what `trouble` has words for."""
        url, method, body = URL(question.url), question.method, question.body
        home = url.origin()
        for _hop in range(MOST_REDIRECTS + 1):
            headers = OURS | dict(question.headers) | (dict(question.secrets) if url.origin() == home else {})
            async with self._session.request(
                method, url, headers=headers, data=body.encode() if body else None, allow_redirects=False
            ) as response:
                assert isinstance(response, _Response)
                to = response.headers.get("Location", "")
                if question.expected.takes(response.status) or response.status not in REDIRECTS or not to:
                    return await _read(question.key, response)
                if response.status not in AS_IT_WAS and method == "POST":
                    method, body = "GET", ""
            url = _next(url, to)
        raise TooManyRedirects


async def _read(key: int, response: _Response) -> Answer:
    """The status and what of the body is read."""
    raw = b""
    while len(raw) <= LARGEST and (chunk := await response.content.read(LARGEST + 1 - len(raw))):
        raw += chunk
    response.close()  # a longer one is not waited for
    if response.headers.get("Content-Encoding", "").lower() in {"gzip", "deflate"}:
        raw = _unpacked(raw)
    body = raw[:LARGEST].decode(_encoding(response), errors="replace")
    return Answer(
        key,
        status=response.status,
        body=body,
        is_cut=len(raw) > LARGEST,
        certificate_until=response.certificate_until,
    )


def _unpacked(raw: bytes) -> bytes:
    """What was packed although nobody asked for it; nothing where it is not what it says."""
    try:
        return zlib.decompressobj(wbits=47).decompress(raw, LARGEST + 1)
    except zlib.error:
        return b""


def _encoding(response: _Response) -> str:
    try:
        "".encode(response.charset or "utf-8")
    except LookupError:
        return "utf-8"
    return response.charset or "utf-8"


def _next(url: URL, to: str) -> URL:
    try:
        found = url.join(URL(to))
        if found.scheme in {"http", "https"} and found.host:
            # Names and passwords in addresses are nothing that a stranger makes us send.
            return found.with_user(None)
    except ValueError:
        pass
    raise BadRedirect


@lru_cache(maxsize=4)
def _trusting(certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates)
