"""An SMTP server that says what a test tells it to, for the answers a decent server never gives."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HANG = "hang"  # never answer
DROP = "drop"  # close without an answer
RESET = "reset"  # break the connection hard
DRIP = "drip"  # a letter of an answer that never ends, every 20 ms

_USUAL: dict[str, str] = {
    "greeting": "220 peer",
    "EHLO": "250-peer\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go",
    "dot": "250 2.0.0 ok queued as A1",
    "RSET": "250 ok",
    "NOOP": "250 ok",
}


@dataclass
class ScriptedPeer:
    """Answers by stage: a list is used up one after the other, then the usual answer follows.

    Stages: greeting, EHLO, MAIL, RCPT, DATA, body (while the mail is on its way), dot, RSET, NOOP.

    `commands` has every command line as it came, `mails` the DATA as it came, without the dot line.
    """

    script: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pipelining: bool = True
    port: int = 0
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._left = {stage: list(answers) for stage, answers in self.script.items()}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return "127.0.0.1", self.port

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def __aenter__(self) -> "ScriptedPeer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if await self._answer("greeting", writer):
                await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.commands.append(line.decode("ascii", "replace").rstrip("\r\n"))
            verb = line[:4].decode("ascii", "replace").upper()
            if verb == "QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            before = len(self._left.get(verb, ()))
            if not await self._answer(verb, writer):
                return
            if verb == "DATA" and before == 0:
                # "body" is what happens while the mail is on its way: HANG reads no more of it.
                if self._left.get("body") and not await self._answer("body", writer):
                    return
                mail = b""
                while (line := await reader.readline()) != b".\r\n":
                    if not line:
                        return
                    mail += line
                self.mails.append(mail)
                if not await self._answer("dot", writer):
                    return

    async def _answer(self, stage: str, writer: asyncio.StreamWriter) -> bool:
        left = self._left.get(stage)
        text = left.pop(0) if left else _USUAL.get(stage, "502 no")
        if stage == "EHLO" and not self.pipelining:
            text = text.replace("250-PIPELINING\r\n", "")
        if text == DROP:
            return False
        if text == RESET:
            writer.transport.abort()
            return False
        if text == HANG:
            await asyncio.get_running_loop().create_future()
        if text == DRIP:
            while True:
                writer.write(b"250-")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.write(text.encode(errors="surrogateescape") + b"\r\n")
        await writer.drain()
        return not text.startswith("421")
