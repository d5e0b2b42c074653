"""`python -m benchmarks.outbox_server`: web servers that take messages, for as long as their parent reads.

Prints the port. `/well/…` answers at once, `/slow/…` after a tenth of a second, `/dead/…` never. What was taken is told
by `GET /taken`: a line for each, the channel's name and the key of the message.
"""

from __future__ import annotations

import asyncio
import sys

SLOW_S = 0.1
taken: list[str] = []


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path, headers = head.split(" ", 2)[1], head.lower().split("\r\n")
        sizes = [line for line in headers if line.startswith("content-length:")]
        await reader.readexactly(int(sizes[0].split(":")[1]) if sizes else 0)
        if path.startswith("/dead"):
            await reader.read()  # until the other side gives up
            return
        if path.startswith("/slow"):
            await asyncio.sleep(SLOW_S)
        body = "\n".join(taken).encode() if path == "/taken" else b"ok"
        if path != "/taken":
            keys = [line for line in headers if line.startswith("idempotency-key:")]
            taken.append(f"{path} {keys[0].split(':', 1)[1].strip()}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
