"""Leads from any JSON API that the campaign describes."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

import pandas as pd
from requests.utils import parse_header_links

from aicmo_dagster.campaign.config import CursorPaging, HttpSource, LinkPaging, PagePaging
from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.objects import ObjectReader
from aicmo_dagster.sources.source import Chunk, rejected_frame
from aicmo_dagster.store.rate_limits import RateLimits
from aicmo_dagster.vendors import json_paths
from aicmo_dagster.vendors.client import Reply
from aicmo_dagster.vendors.json_request import Caller

_DEFAULT_PORTS = (None, 80, 443)


@dataclass(frozen=True)
class _Page:
    """What is sent for one page."""

    address: str
    parameters: Mapping[str, str]
    body: Mapping[str, object] | None

    def with_value(self, name: str, value: str | int) -> "_Page":
        """The same with a value where the body has a place for it, else among the parameters."""
        if self.body is not None and name in self.body:
            return replace(self, body={**self.body, name: value})
        return replace(self, parameters={**self.parameters, name: str(value)})


class JsonApi:
    """A list of records, in one answer or in pages."""

    name = "http"

    def __init__(self, config: HttpSource, limits: RateLimits) -> None:
        self.label = config.name
        self.notes: list[str] = []
        self._config = config
        self._caller = Caller(config.name, config.request, limits)
        self._reader = ObjectReader(config.fields, {}, config.name)

    def is_configured(self) -> bool:
        """Whether the environment has all secrets."""
        return self._caller.is_configured()

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002 - records known already do not count
        """Yields a chunk for each page; `line` numbers the records over all pages.

        Ends at an empty page, at the last one, at one that was there before, or after `max_pages`. Raises
        SourceError where the API cannot be asked or its answer is not what the campaign says.
        """
        self.notes.clear()
        try:
            yield from self._chunks()
        finally:
            self._caller.close()

    def _chunks(self) -> Iterator[Chunk]:
        page = self._first()
        asked: set[_Asked] = set()
        met: set[bytes] = set()
        longest = line = 0
        for number in range(1, self._config.max_pages + 1):
            asked.add(_asked(page))
            reply = self._ask(page, number)
            records = self._records(reply, number)
            if not records:
                return
            content = hashlib.blake2b(_written(records, f"page {number}").encode()).digest()
            if content in met:
                self.notes.append(f"page {number} is one that was there before; stopped there (see `paging`)")
                return
            met.add(content)
            yield self._chunk(records, number, line)
            line += len(records)
            longest = max(longest, len(records))
            following = self._following(page, reply, number, len(records), longest)
            if following is None:
                return
            if _asked(following) in asked:
                self.notes.append(f"page {number} leads back to one that was there; stopped there")
                return
            page = following
        self.notes.append(f"stopped after {self._config.max_pages} pages; there are more (see `max_pages`)")

    def _first(self) -> _Page:
        request, paging = self._config.request, self._config.paging
        page = _Page(request.url, request.parameters, request.body)
        if isinstance(paging, PagePaging):
            page = page.with_value(paging.parameter, paging.first)
            if paging.size_parameter is not None:
                page = page.with_value(paging.size_parameter, paging.size)
        return page

    def _ask(self, page: _Page, number: int) -> Reply:
        # Some APIs answer 404 behind the last of their numbered pages.
        behind = {404} if number > 1 and isinstance(self._config.paging, PagePaging) else set()
        return self._caller.ask(
            "records", page.address, dict(page.parameters), page.body, {200, 201, 204, *behind}
        )

    def _records(self, reply: Reply, number: int) -> list[object]:
        if reply.status in (204, 404):
            return []
        try:
            records = json_paths.find(reply.body, self._config.records)
        except json_paths.JsonPathError as error:
            raise SourceError(f"{self.label}: page {number}: records {error}") from None
        if records is None:
            return []
        if not isinstance(records, list):
            where = f"records '{self._config.records}'" if self._config.records else "the answer"
            raise SourceError(
                f"{self.label}: page {number}: {where} is no list: it {json_paths.described(records)}; "
                "say in `records` where the list is"
            )
        return records

    def _chunk(self, values: list[object], number: int, line: int) -> Chunk:
        records: dict[int, dict[str, str]] = {}
        bad: list[tuple[int, str | None, str, str]] = []
        for place, value in enumerate(values, 1):
            try:
                records[line + place] = self._reader.read(value)
            except ValueError as error:
                reason = f"Page {number}, record {place}: {error}"
                bad.append((line + place, None, reason, _written(value, "")))
        frame = pd.DataFrame(list(records.values()), range(len(records)), dtype="str")
        frame.insert(0, "line", pd.Series(list(records), dtype="int64"))
        return Chunk(frame, rejected_frame(bad))

    def _following(self, page: _Page, reply: Reply, number: int, count: int, longest: int) -> _Page | None:
        """The next page, None behind the last one."""
        paging = self._config.paging
        if isinstance(paging, PagePaging):
            # Shorter than asked for may also be all that the API ever gives, unless it once gave as much.
            full = paging.size_parameter is not None and longest >= paging.size
            return (
                None
                if full and count < paging.size
                else page.with_value(paging.parameter, paging.first + number)
            )
        if isinstance(paging, CursorPaging):
            cursor = self._said(reply, paging.path, number)
            return None if cursor is None else page.with_value(paging.parameter, cursor)
        if isinstance(paging, LinkPaging):
            link = _link_header(reply) if paging.path is None else self._said(reply, paging.path, number)
            return None if link is None else _Page(self._linked(page, link, number), {}, page.body)
        return None

    def _said(self, reply: Reply, path: str, number: int) -> str | None:
        """What the answer says at a path; many leave it out on the last page."""
        try:
            found = json_paths.find(reply.body, path)
        except json_paths.JsonPathError as error:
            if number == 1:
                self.notes.append(f"took page 1 for the last one: {error}")
            return None
        if isinstance(found, bool) or not isinstance(found, str | int):
            return None
        return str(found) or None

    def _linked(self, page: _Page, link: str, number: int) -> str:
        """The whole address, on the host of the campaign: no other one may see its secrets."""
        ours = urlsplit(self._config.request.url)
        try:
            there = urlsplit(urljoin(page.address, link))
            same = there.hostname == ours.hostname and there.port in {ours.port, *_DEFAULT_PORTS}
        except ValueError:
            same = False
        if not same or there.scheme not in ("http", "https"):
            raise SourceError(
                f"{self.label}: page {number} goes on at another host than {ours.hostname}, "
                "where the secrets of the request are not sent"
            )
        return there._replace(scheme=ours.scheme, netloc=ours.netloc, fragment="").geturl()


def _written(value: object, otherwise: str) -> str:
    """The value as JSON; something else where it is nested too deep for that."""
    try:
        return json.dumps(value)
    except RecursionError:
        return otherwise


_Asked = tuple[str, str]


def _asked(page: _Page) -> _Asked:
    return page.address, json.dumps([page.parameters, page.body], sort_keys=True, default=dict)


def _link_header(reply: Reply) -> str | None:
    """The target of rel=next (RFC 8288, 3.3: relation types are tokens without case)."""
    for link in parse_header_links(reply.headers.get("link", "")):
        if "next" in re.split(r"\s+", str(link.get("rel", "")).lower()):
            return str(link["url"])
    return None
