"""How likely a person, and not a machine, opened a mail or followed a link.

Mail programs and security gateways fetch pictures and links by themselves. What gives them away, as vendors and
senders describe it: what they call themselves (SocketLabs, "Identifying Apple MPP opens"), that they ask for headers
only, within seconds of the mail, for several links at once, and for the same one again and again (Arternal, "Smart Mail
clickthroughs triggered by email security scanners"; gateways such as Microsoft's pretend to be browsers, so the manner
counts as much as the name). The numbers are judgements, not measurements: each sign sets an upper limit, and the
lowest counts.
"""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

AGENTS = ("browser", "gmail", "yahoo", "apple", "scanner", "program", "none")
"""What asks: a browser or mail program; a provider's proxy; a security gateway; a program; nothing said."""

_NAMES = (
    ("gmail", re.compile(r"GoogleImageProxy|ggpht\.com", re.I)),
    ("yahoo", re.compile(r"YahooMailProxy", re.I)),
    (
        "scanner",
        re.compile(
            r"barracuda|proofpoint|mimecast|ironport|CiscoSecure|TMES|trend ?micro|forti|sophos|symantec|messagelabs|"
            r"safelinks|urldefense|BitDefender|kaspersky|virustotal|urlscan|zscaler",
            re.I,
        ),
    ),
    (
        "program",
        re.compile(
            r"bot\b|crawl|spider|slurp|preview|facebookexternalhit|headless|phantom|python|aiohttp|curl|wget|libwww|"
            r"java/|okhttp|go-http-client|node|axios|httpclient|jetty|scrapy|ruby|perl",
            re.I,
        ),
    ),
)
# Apple's proxies of Mail Privacy Protection say this and nothing more.
_APPLE = "Mozilla/5.0"

_BY_AGENT = {
    "opened": {
        "browser": 0.8,
        "gmail": 0.7,
        "yahoo": 0.6,
        "apple": 0.1,
        "scanner": 0.01,
        "program": 0.02,
        "none": 0.1,
    },
    "clicked": {
        "browser": 0.9,
        "gmail": 0.1,
        "yahoo": 0.1,
        "apple": 0.5,
        "scanner": 0.01,
        "program": 0.02,
        "none": 0.1,
    },
}
_HEADERS_ONLY = 0.01
_AT_ONCE = ((5.0, 0.05), (30.0, 0.3))
"""Seconds since the mail left, and what is likely at most before them."""
_TOGETHER_S = 10.0
_TOGETHER = {2: 0.2, 3: 0.05}
"""Different links within ten seconds; more are like three."""
_REPEATED, _REPEATEDLY = 3, 0.2
"""The same again so often within ten seconds."""


class Judged(NamedTuple):
    """Per hit the probability that a person did it, and the sign that says so."""

    human: npt.NDArray[np.float64]
    sign: "pd.Series[str]"


def agent_of(user_agent: str | None) -> str:
    """Which of `AGENTS` a User-Agent header names; one that says nothing else is a browser's."""
    said = (user_agent or "").strip()
    if not said:
        return "none"
    if said == _APPLE:
        return "apple"
    return next((name for name, pattern in _NAMES if pattern.search(said[:1_000])), "browser")


def judge(hits: pd.DataFrame) -> Judged:
    """Judge every hit among the others of its mail.

    `hits` has `send_id`, `kind` (opened or clicked), `link` (its place in the mail, NA for the picture), `at` and
    `sent_at` (aware; NaT = unknown), `agent` (of `AGENTS`) and `headers_only` (bool). Signs: what asks (one of
    `AGENTS`), `headers_only`, `at_once`, `together`, `repeated`.
    """
    keys = hits["kind"] + " " + hits["agent"]
    by_agent = {f"{kind} {name}": share for kind, of in _BY_AGENT.items() for name, share in of.items()}
    human: npt.NDArray[np.float64] = np.array(keys.map(by_agent), dtype=np.float64)
    sign = hits["agent"].astype(object).to_numpy().copy()

    def limit(where: npt.NDArray[np.bool_], most: float, name: str) -> None:
        lower = where & (human > most)
        human[lower] = most
        sign[lower] = name

    limit(hits["headers_only"].to_numpy(dtype=bool), _HEADERS_ONLY, "headers_only")
    age = (hits["at"] - hits["sent_at"]).dt.total_seconds().to_numpy(dtype=np.float64)
    for seconds, most in _AT_ONCE:
        limit(age < seconds, most, "at_once")
    others = hits.assign(row=np.arange(len(hits))).merge(
        hits, on=["send_id", "kind"], suffixes=("", "_other")
    )
    others = others[(others["at"] - others["at_other"]).abs().dt.total_seconds() <= _TOGETHER_S]
    clicks = others[others["kind"] == "clicked"]
    links = clicks.groupby("row")["link_other"].nunique().reindex(range(len(hits)), fill_value=0).to_numpy()
    for count, most in _TOGETHER.items():
        limit(links >= count, most, "together")
    same = others[(others["link"] == others["link_other"]).fillna(False) | others["link"].isna()]
    again = same.groupby("row").size().reindex(range(len(hits)), fill_value=0).to_numpy()
    limit(again >= _REPEATED, _REPEATEDLY, "repeated")
    return Judged(human, pd.Series(sign, hits.index, "str"))
