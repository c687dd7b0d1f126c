"""A DNS server on loopback with a zone of a test's own."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

NXDOMAIN, SERVFAIL, SILENT = "NXDOMAIN", "SERVFAIL", "SILENT"
Zone = Mapping[str, str | Sequence[str]]
"""Domain -> its records, such as "MX 10 mail.example.", or one of the words above."""


ROOT: Zone = {".": ["NS a.root-servers.net."]}
"""What every server of the one DNS knows."""


class NameServer:
    """Answers as the zone says, NXDOMAIN for what is neither in it nor in `world`.

    `asked` are the questions about the zone, "domain type".
    """

    def __init__(self, zone: Zone, world: Zone = ROOT) -> None:
        self.world = world
        self.zone = zone
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()

    def serve(self) -> None:
        """Answer until closed."""
        while True:
            try:
                wire, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            if not wire:
                return
            answer = self._answer(dns.message.from_wire(wire))
            if answer is not None:
                self._socket.sendto(answer.to_wire(), sender)

    def close(self) -> None:
        """Stop; an empty datagram ends the wait for the next one."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", self.address)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        if name in self.world:
            known = self.world[name]
        else:
            self.asked.append(f"{name} {dns.rdatatype.to_text(question.rdtype)}")
            known = self.zone.get(name, NXDOMAIN)
        if known == SILENT:
            return None
        answer = dns.message.make_response(query, recursion_available=True)
        if isinstance(known, str):
            answer.set_rcode(dns.rcode.from_text(known))
            return answer
        for record in known:
            kind, _, value = record.partition(" ")
            if kind == dns.rdatatype.to_text(question.rdtype):
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, value))
        return answer


@contextlib.contextmanager
def serving(zone: Zone, world: Zone = ROOT) -> Iterator[NameServer]:
    """The server, running."""
    server = NameServer(zone, world)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(5)
