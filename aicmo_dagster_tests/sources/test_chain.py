from collections.abc import Iterator

import pandas as pd
import pytest

from aicmo_dagster.errors import NoSourceError, SourceError, StoreError
from aicmo_dagster.sources.chain import Merged, harvest
from aicmo_dagster.sources.source import Chunk, Source, rejected_frame


class Scripted:
    """A source that gives chunks of so many leads, then perhaps fails."""

    def __init__(
        self, name: str, *sizes: int, error: Exception | None = None, configured: bool = True
    ) -> None:
        self.name = self.label = name
        self.sizes = sizes
        self.error = error
        self.configured = configured
        self.limits: list[int] = []
        self.notes = [f"read {name}"]
        self.given = 0

    def is_configured(self) -> bool:
        return self.configured

    def fetch(self, limit: int) -> Iterator[Chunk]:
        self.limits.append(limit)
        for size in self.sizes:
            self.given += 1
            yield Chunk(pd.DataFrame({"line": range(size)}), rejected_frame([]), credits=0.5)
        if self.error:
            raise self.error


def insert_all(source: Source, chunk: Chunk, limit: int) -> Merged:
    return Merged(inserted=min(len(chunk.records), limit))


def test_the_next_source_is_asked_for_what_is_still_missing() -> None:
    first, second = Scripted("a", 3), Scripted("b", 5)
    attempts = harvest([first, second], 10, insert_all)
    assert [attempt.inserted for attempt in attempts] == [3, 5]
    assert second.limits == [7]


def test_sources_behind_the_limit_are_not_asked() -> None:
    second = Scripted("b", 5)
    attempts = harvest([Scripted("a", 10), second], 10, insert_all)
    assert [attempt.source for attempt in attempts] == ["a"]
    assert second.limits == []


def test_chunks_behind_the_limit_are_not_fetched() -> None:
    source = Scripted("a", 4, 4, 4)
    [attempt] = harvest([source], 6, insert_all)
    assert (attempt.inserted, attempt.discovered, attempt.credits, source.given) == (6, 8, 1.0, 2)


def test_only_new_leads_count() -> None:
    attempts = harvest(
        [Scripted("a", 4), Scripted("b", 4)], 4, lambda source, chunk, limit: Merged(updated=1, unchanged=3)
    )
    assert [(attempt.outcome, attempt.updated, attempt.unchanged) for attempt in attempts] == [
        ("succeeded", 1, 3),
        ("succeeded", 1, 3),
    ]


def test_a_failing_source_is_recorded_and_the_next_is_tried() -> None:
    attempts = harvest([Scripted("a", error=SourceError("no file")), Scripted("b", 2)], 5, insert_all)
    assert [(attempt.outcome, attempt.error) for attempt in attempts] == [
        ("failed", "no file"),
        ("succeeded", None),
    ]


def test_a_source_that_fails_midway_keeps_what_it_gave() -> None:
    attempts = harvest([Scripted("a", 3, error=OSError("gone")), Scripted("b", 1)], 5, insert_all)
    assert (attempts[0].outcome, attempts[0].inserted) == ("failed", 3)


def test_what_the_only_source_gave_before_it_failed_is_kept() -> None:
    [attempt] = harvest([Scripted("a", 3, error=SourceError("page 2 is broken"))], 5, insert_all)
    assert (attempt.outcome, attempt.inserted, attempt.error) == ("failed", 3, "page 2 is broken")


def test_an_empty_source_falls_through() -> None:
    attempts = harvest([Scripted("a"), Scripted("b", 1)], 5, insert_all)
    assert [attempt.outcome for attempt in attempts] == ["empty", "succeeded"]


def test_a_source_that_is_not_configured_is_passed_over() -> None:
    attempts = harvest([Scripted("a", 9, configured=False), Scripted("b", 1)], 5, insert_all)
    assert [attempt.outcome for attempt in attempts] == ["not_configured", "succeeded"]


def test_no_configured_source_is_an_error() -> None:
    for sources in ([], [Scripted("a", configured=False)]):
        with pytest.raises(NoSourceError, match="No source of leads is configured"):
            harvest(sources, 5, insert_all)


def test_all_sources_failing_is_an_error_with_each_reason() -> None:
    sources = [Scripted("a", error=SourceError("no file")), Scripted("b", error=SourceError("no key"))]
    with pytest.raises(NoSourceError, match=r"(?s)no file.*no key"):
        harvest(sources, 5, insert_all)


def test_an_error_of_the_store_ends_the_run() -> None:
    def broken(source: Source, chunk: Chunk, limit: int) -> Merged:
        raise StoreError("gone")

    with pytest.raises(StoreError):
        harvest([Scripted("a", 1), Scripted("b", 1)], 5, broken)


def test_what_a_source_noted_is_passed_on() -> None:
    attempts = harvest([Scripted("a", 1), Scripted("b", error=SourceError("gone"))], 10, insert_all)
    assert [attempt.notes for attempt in attempts] == [["read a"], ["read b"]]
