"""Invented leads of whom some occur several times, and who is who.

Names, companies and places are as unevenly spread as real ones, and what makes matching hard is there: people
of one name, colleagues of one surname, a telephone for a whole office, addresses of one pattern. A double
differs from its original in one to three ways.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from nicknames import NickNamer

_SYLLABLES = "ba ben bor cal cor da del dor fa fen gar gol ha hol jan ka kel kor la len lor ma mer mon na nor"
_SYLLABLES += " pa pel por ra ren ros sa sel sor ta tel tor va ven vor wal wen zan zel"
_ENDINGS = "berg by dal er ez feld field gaard ic ini lund man mann ney ova quist ski son stein sten ton wood"
_FIRMS = (
    "Alpine Blue Bright Cedar Clear Delta East Falcon Granite Harbor Iron Jade Kite Lunar Maple North Oak"
)
_FIRMS += " Pioneer Quartz River Silver Summit Tidal Union Vertex West Zenith"
_TRADES = "Analytics Bakery Consulting Dental Energy Foods Freight Health Labs Logistics Media Metals Motors"
_TRADES += " Optics Partners Pharma Plastics Robotics Software Solar Systems Textiles Tools Travel"
_FORMS = ["GmbH", "Ltd", "Inc.", "LLC", "S.A.", "B.V.", "AG", "S.r.l."]
_TITLES = (
    "CEO|CTO|CFO|Head of Sales|Sales Manager|Marketing Manager|Buyer|Software Engineer|Accountant|HR Manager"
)
_TITLES += "|Operations Manager|Project Manager|Product Manager|Consultant|Assistant|Director of Marketing"
_STREETS = (
    "Main Street|High Street|Station Road|Church Lane|Mill Road|Park Avenue|Hauptstrasse|Rue de la Gare"
)
_FREE = ["freemail.example", "mailbox.example", "post.example"]
_Text = np.ndarray


def leads_with_doubles(people: int, seed: int) -> tuple[pd.DataFrame, "pd.Series[int]"]:
    """Returns leads in `stages.matching.MATCH_COLUMNS` in random order, and the number of the person of each.

    One person in ten occurs again, half of them once, the others two or three times.
    """
    random = np.random.default_rng(seed)
    first = _people(people, random)
    repeated = random.choice(people, people // 10, replace=False)
    again = np.repeat(repeated, random.choice([1, 2, 3], len(repeated), p=[0.5, 0.3, 0.2]))
    second = first.iloc[again].reset_index(drop=True)
    for _ in range(3):
        _vary(second, random, 0.7)
    person = np.r_[np.arange(people), again]
    order = random.permutation(len(person))
    leads = pd.concat([first, second], ignore_index=True).iloc[order].reset_index(drop=True)
    leads.insert(0, "lead_id", np.arange(1, len(leads) + 1))
    truth = pd.Series(person[order])
    # Leads of one address are one lead before anything is compared.
    kept = ~(leads["email"].duplicated() & leads["email"].notna())
    return leads[kept].reset_index(drop=True), truth[kept].reset_index(drop=True)


def _zipf(random: np.random.Generator, words: int, count: int, power: float) -> np.ndarray:
    weights = 1 / np.arange(3, words + 3) ** power
    return random.choice(words, count, p=weights / weights.sum())


def _people(count: int, random: np.random.Generator) -> pd.DataFrame:
    syllables, endings = _SYLLABLES.split(), _ENDINGS.split()
    given = np.array(sorted(NickNamer().nickname_lookup), dtype=object)
    given = np.array([name.title() for name in random.permutation(given)], dtype=object)
    family = np.array(
        [(a + b + c).title() for a in syllables for b in syllables for c in endings], dtype=object
    )
    family = random.permutation(family)[:30_000]
    first = given[_zipf(random, len(given), count, 0.9)]
    last = family[_zipf(random, len(family), count, 0.8)]
    companies = max(count // 6, 1)
    company = (
        np.minimum((random.pareto(1.1, count) * companies / 12).astype(np.int64), companies * 20) % companies
    )
    relatives = (random.random(count) < 0.02) & (np.arange(count) > 0)
    place = np.flatnonzero(relatives)
    last[place], company[place] = last[place - 1], company[place - 1]
    form = pd.Series(first).str.lower() + "." + pd.Series(last).str.lower()
    short = pd.Series(first).str[:1].str.lower() + pd.Series(last).str.lower()
    local = form.where(company % 3 > 0, short)
    taken = local.groupby([local, company]).cumcount()
    local = local.where(taken == 0, local + (taken + 1).astype(str))
    name, domain = _companies(companies, random)
    office = pd.Series(company).map(lambda number: f"+49 30 {number % 10_000_000:07d}")
    own = pd.Series(random.integers(10**8, 10**9, count)).map(lambda number: f"+1 {number}7")
    streets = np.array(_STREETS.split("|"), dtype=object)
    kind = random.random(count)
    frame = pd.DataFrame(
        {
            "email": (local + "@" + domain[company]).where(pd.Series(random.random(count)) < 0.95),
            "account_domain": domain[company],
            "first_name": first,
            "last_name": last,
            "title": np.array(_TITLES.split("|"), dtype=object)[random.integers(0, 16, count)],
            "company": name[company],
            "website": "https://www." + pd.Series(domain[company]),
            "city": family[company % 400] + "stadt",
            "state": None,
            "country_code": np.array(["DE", "US", "GB", "FR"], dtype=object)[company % 4],
            "phone": office.where(kind < 0.4, own.where(kind < 0.8)),
            "linkedin_url": (
                "https://www.linkedin.com/in/" + form + "-" + pd.Series(np.arange(count)).astype(str)
            ).where(pd.Series(random.random(count)) < 0.5),
            "street": (streets[company % 8] + " " + pd.Series(company % 97 + 1).astype(str)).where(
                kind < 0.3
            ),
            "postal_code": pd.Series(company % 400 + 10_000).astype(str).where(kind < 0.3),
        }
    )
    return frame.astype("str")


def _companies(count: int, random: np.random.Generator) -> tuple[_Text, _Text]:
    firms, trades, syllables = _FIRMS.split(), _TRADES.split(), _SYLLABLES.split()
    number = random.permutation(len(firms) * len(trades) * len(syllables) ** 2)
    number = np.resize(number, count)
    word = np.array(syllables, dtype=object)
    made = word[number % len(word)] + word[number // len(word) % len(word)]
    rest = number // len(word) ** 2
    label = made + np.array(firms, dtype=object)[rest % len(firms)]
    trade = np.array(trades, dtype=object)[rest // len(firms) % len(trades)]
    form = np.array(_FORMS, dtype=object)[random.integers(0, len(_FORMS), count)]
    name = np.array(
        [f"{a.title()} {b} {c}" for a, b, c in zip(label, trade, form, strict=True)], dtype=object
    )
    domain = np.array([f"{a}-{b}.example".lower() for a, b in zip(label, trade, strict=True)], dtype=object)
    return name, domain


def _vary(leads: pd.DataFrame, random: np.random.Generator, share: float) -> None:
    """Changes each lead in one way, `share` of them."""
    names = NickNamer().nickname_lookup
    nicknames = {name: sorted(names[name])[0].title() for name in sorted(names)}

    def each(column: str, rows: np.ndarray, change: Callable[[str], object]) -> None:
        values = leads[column].to_numpy(dtype=object).copy()
        values[rows] = [change(value) if isinstance(value, str) else value for value in values[rows]]
        leads[column] = pd.Series(values, index=leads.index, dtype="str")

    def typo(text: str) -> str:
        at = int(random.integers(0, max(len(text) - 1, 1)))
        letter = "etaoinsrhl"[int(random.integers(0, 10))]
        return [
            text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at + 1 :],
            text[:at] + letter + text[at:],
        ][int(random.integers(0, 4))]

    kind = np.where(random.random(len(leads)) < share, random.integers(0, 12, len(leads)), -1)
    rows = [np.flatnonzero(kind == number) for number in range(12)]
    each("first_name", rows[0], lambda name: nicknames.get(name.lower(), name))
    each("first_name", rows[1], typo)
    each("last_name", rows[2], typo)
    swapped = leads[["last_name", "first_name"]].to_numpy(dtype=object)
    for column, values in zip(("first_name", "last_name"), (swapped[:, 0], swapped[:, 1]), strict=True):
        now = leads[column].to_numpy(dtype=object).copy()
        now[rows[3]] = values[rows[3]]
        leads[column] = pd.Series(now, index=leads.index, dtype="str")
    each("first_name", rows[4], lambda name: name[:1] + ".")
    free = np.concatenate([rows[5], rows[6]])
    each("email", free, lambda email: email.split("@")[0] + "@" + _FREE[len(email) % 3])
    each("account_domain", free, lambda _: None)
    each("email", rows[7], lambda email: "x" + str(random.integers(1000)) + email)
    each("company", rows[8], lambda name: " ".join(name.split(" ")[:-1]))
    each("company", rows[9], lambda name: name.upper().replace("GMBH", "Gesellschaft mbH"))
    each("phone", rows[9], lambda _: None)
    each("title", rows[10], lambda _: "Partner")
    each("phone", rows[10], lambda phone: phone.replace("+49 30 ", "030/").replace(" ", "-"))
    for column in ("linkedin_url", "street", "city"):
        each(column, rows[11], lambda _: None)
    each("email", rows[11], lambda email: email.replace(".", "", 1) if "." in email.split("@")[0] else None)
    each("website", rows[5], lambda _: None)
