import json
import re
import subprocess
import sys
from typing import Any

import pytest

from aicmo_dagster_tests.mail.hostile import LONGEST, SECONDS, TEMPLATES
from aicmo_dagster_tests.mail.test_markup import Words

OURS = {"html", "head", "meta", "body", "div", "p", "br", "a", "em", "strong", "ul", "ol", "li", "h2", "hr"}


@pytest.fixture(scope="module")
def costs() -> dict[str, Any]:
    """What every template costs, found by a process that forks for each."""
    command = [sys.executable, "-m", "aicmo_dagster_tests.mail.hostile"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_there_are_a_hundred_that_a_step_has_room_for() -> None:
    assert len(TEMPLATES) >= 100
    assert max(map(len, TEMPLATES.values())) <= LONGEST


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_hostile_template_ends_soon_and_small_and_harmless(name: str, costs: dict[str, Any]) -> None:
    found = costs[name]
    assert "died" not in found
    assert found["seconds"] < SECONDS
    assert len(found["error"]) < 1_000
    assert "parsing error" not in found["error"]
    assert found["error"] or found["html"]
    words = Words(found["html"])
    assert {*words.tags} <= OURS | {"blockquote"}
    assert all(re.match(r"https://|http://|mailto:sender@example\.com\?", link) for link in words.links)
    assert not re.search(r"<class|built-in|root:x:|subclasses", found["html"])
