"""Files of invented leads, as large as wanted and the same for the same size."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

_FIRST = [
    "Ada",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Inés",
    "Jonas",
    "Kaya",
    "Lena",
]
_LAST = ["Sample", "Example", "Specimen", "Testcase", "Fixture", "Mockup", "Demo", "Placeholder"]
_RANKS = [
    "Chief Executive Officer",
    "CTO",
    "VP",
    "Director of",
    "Head of",
    "Senior Manager,",
    "Lead",
    "Junior",
]
_FIELDS = [
    "Sales",
    "Marketing",
    "Engineering",
    "Finance",
    "Operations",
    "Product",
    "Support",
    "Human Resources",
]
_INDUSTRIES = [
    *["Software", "SaaS", "Cloud Software", "Financial Services", "Retail", "Logistics", "Manufacturing"],
    *["Healthcare", "Education", "Media", "Energy", "Construction", "Telecommunications", "Biotechnology"],
]
_PLACES = [
    ("Berlin", "", "Germany"),
    ("Paris", "", "France"),
    ("London", "", "United Kingdom"),
    ("Amsterdam", "", "Netherlands"),
    ("Austin", "Texas", "United States"),
    ("San Francisco", "CA", "United States"),
    ("Toronto", "Ontario", "Canada"),
    ("São Paulo", "SP", "Brazil"),
]
_SIGNALS = ["Recent Job Change", "Company Funded Recently", "Company Hiring", "Recent Activity"]
_SIGNALS += ["Is Decision Maker", "Has Budget Authority"]
_CHUNK = 100_000


def write_csv(path: Path, leads: int, start: int = 0, rich: bool = False) -> int:
    """Write a CSV of `leads` leads numbered from `start`; returns its bytes.

    19 columns, a company per five leads; one address in fifty is a role account, malformed or missing. `rich` adds
    what else the model `standard` looks at: 12 columns, known of two leads in three.
    """
    with path.open("wb") as file:
        for first in range(start, start + leads, _CHUNK):
            numbers = np.arange(first, min(first + _CHUNK, start + leads))
            options = pyarrow.csv.WriteOptions(include_header=first == start, quoting_style="needed")
            people = _people(numbers)
            if rich:
                people = people.assign(**_more(numbers))
            table = pa.Table.from_pandas(people, preserve_index=False)
            pyarrow.csv.write_csv(table, file, options)
    return path.stat().st_size


def _people(numbers: np.ndarray) -> pd.DataFrame:
    random = np.random.default_rng(numbers[0])
    count = len(numbers)

    def pick(words: list[str]) -> np.ndarray:
        return np.array(words, dtype=object)[random.integers(0, len(words), count)]

    number = pd.Series(numbers.astype(str))
    company = pd.Series((numbers // 5 % 10_000_000).astype(str))
    first, last = pick(_FIRST), pick(_LAST)
    domain = "company" + company + ".example.com"
    email = pd.Series(first).str.lower() + "." + number + "@" + domain
    kind = random.integers(0, 150, count)
    email = email.mask(kind == 0, "info@" + domain).mask(kind == 1, "not an address").mask(kind == 2, "")
    place = random.integers(0, len(_PLACES), count)
    signals = {name: pick(["true", "false", ""]) for name in _SIGNALS}
    return pd.DataFrame(
        {
            "First Name": first,
            "Last Name": last,
            "Title": pd.Series(pick(_RANKS)) + " " + pd.Series(pick(_FIELDS)),
            "Company": "Company " + company + " Ltd",
            "Email": email,
            "Website": "https://www." + domain,
            "Industry": pick(_INDUSTRIES),
            "# Employees": random.integers(1, 2000, count).astype(str),
            "Annual Revenue": pd.Series(random.integers(1, 900, count).astype(str)) + "M",
            "City": np.array([city for city, _, _ in _PLACES], dtype=object)[place],
            "State": np.array([state for _, state, _ in _PLACES], dtype=object)[place],
            "Country": np.array([country for _, _, country in _PLACES], dtype=object)[place],
            "Person Linkedin Url": "https://www.linkedin.com/in/sample-" + number,
            **signals,
        }
    )


def _more(numbers: np.ndarray) -> dict[str, np.ndarray]:
    random = np.random.default_rng(numbers[0] + 1)
    count = len(numbers)

    def pick(words: list[str]) -> np.ndarray:
        return np.array([*words, *[""] * (len(words) // 2)], dtype=object)[
            random.integers(0, len(words) * 3 // 2, count)
        ]

    return {
        "Technologies": pick(
            ["Salesforce", "Salesforce, AWS", "HubSpot, Kafka", "SAP", "AWS, Python", "Oracle"]
        ),
        "Keywords": pick(["b2b, saas", "retail", "machine learning, analytics", "consulting"]),
        "Founded Year": pick([str(year) for year in range(1985, 2025)]),
        "Funding Stage": pick(["Seed", "Series A", "Series B", "Public", "Private Equity", "Bootstrapped"]),
        "Headcount Growth": pick([f"{percent}%" for percent in range(-20, 60, 5)]),
        "Department": pick(["Sales", "Marketing", "Engineering", "Finance"]),
        "Job Started On": pick([f"20{year}-0{month}-01" for year in range(15, 26) for month in range(1, 10)]),
        "Open Positions": pick(["VP Sales, Engineer", "Nurse", "Head of Marketing", "Data Analyst, CTO"]),
        "Technology Change": pick(["true", "false"]),
        "Company In News": pick(["true", "false"]),
        "Website Visits": pick([str(visits) for visits in range(0, 40, 2)]),
        "Verification": pick(["valid", "valid", "valid", "risky", "unknown", "invalid"]),
    }
