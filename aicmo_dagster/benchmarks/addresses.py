"""How the reading of addresses agrees with Dominic Sayers' suite of test addresses, and why where it does not.

The suite is `tests.xml` of is_email, kept in the folder tests/data of pyIsEmail's repository; its packages leave it
out. It calls an address usable when RFC 5321 lets a server take it; comments, folded lines and the obsolete forms
of RFC 5322 are not.
"""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.addresses import read_addresses

_USABLE = frozenset({"VALID_CATEGORY", "DNSWARN", "RFC5321"})

REFUSED: Mapping[str, str] = {
    "RFC5321_QUOTEDSTRING": "a quoted local part: RFC 5321 4.1.2 advises against them, no provider gives them out, "
    "and in lists of leads they are damage",
    "RFC5321_ADDRESSLITERAL": "an IP address in brackets has no domain, so no company, no MX and no DKIM to check",
    "RFC5321_IPV6DEPRECATED": "an IP address in brackets has no domain, so no company, no MX and no DKIM to check",
    "VALID": "a top-level domain alone: ICANN forbids them to take mail (SAC053), so none is a lead's",
}
"""Diagnosis of a usable address -> why it is refused all the same."""

PADDED = "blanks and line ends around an address are the file's, not the address's: they are cut off"
"""Why an address that is not usable as it stands is taken all the same; there is no other reason."""


@dataclass(frozen=True)
class Case:
    """One address of the suite; `diagnosis` without the prefix ISEMAIL_."""

    number: str
    address: str
    usable: bool
    diagnosis: str


def run(suite: Path) -> dict[str, Any]:
    """Judge every address of the suite; returns what `aicmo bench addresses --json` prints."""
    cases = read_suite(suite)
    status = read_addresses(pa.array([case.address for case in cases], pa.large_string())).status.to_pylist()
    differing = [case for case, word in zip(cases, status, strict=True) if (word == "valid") != case.usable]
    return {
        "addresses": len(cases),
        "usable": sum(case.usable for case in cases),
        "agreed": len(cases) - len(differing),
        "agreement": (len(cases) - len(differing)) / len(cases),
        "disagreements": [
            {
                "number": case.number,
                "address": case.address,
                "suite": "usable" if case.usable else "not usable",
                "diagnosis": case.diagnosis,
                "why": explanation(case),
            }
            for case in differing
        ],
        "by_reason": dict(Counter(explanation(case) or "unexplained" for case in differing).most_common()),
    }


def explanation(case: Case) -> str | None:
    """Why we differ on such an address; None where nobody has thought about it."""
    if case.usable:
        return REFUSED.get(case.diagnosis)
    return PADDED if case.address != case.address.strip() else None


def read_suite(path: Path) -> list[Case]:
    """The cases of the suite. Control characters stand there as their symbols, U+2400 and following."""
    try:
        # The file is the user's own, so nobody slips foreign entities in.
        tests = ET.parse(path).getroot().findall("test")  # noqa: S314
        cases = [
            Case(
                str(test.get("id")),
                (test.findtext("address") or "").translate(_CONTROLS),
                str(test.findtext("category")).removeprefix("ISEMAIL_") in _USABLE,
                str(test.findtext("diagnosis")).removeprefix("ISEMAIL_"),
            )
            for test in tests
        ]
    except ET.ParseError as error:
        raise ConfigurationError(f"{path} is no XML: {error}") from None
    if not cases:
        raise ConfigurationError(f"{path} has no <test> with an <address>; give the tests.xml of is_email")
    return cases


_CONTROLS = {0x2400 + code: code for code in range(32)}
