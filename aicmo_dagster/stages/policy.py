"""Whom the law lets us write to: a rule per country and kind of address, each with its source.

Business addresses are those at a company's domain, personal ones those at a free provider. Where a law tells
natural from legal persons, a named employee's address counts as the company's only where its authority or common
reading says so; in doubt the row says `consent`. A country without a row gets the strictest of all.

This is a table of defaults for software, no legal advice; a campaign's `qualification.policy` overrides it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.qualification import ContactRule
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.places import country_code

AddressKind = Literal["business", "personal"]


@dataclass(frozen=True)
class Law:
    """What a country's law says of advertising mail to who has not been asked.

    `counts` is what is as good as express consent, besides it: the kind of consent, and for how many months it
    holds (None = without limit).
    """

    business: ContactRule
    personal: ContactRule
    source: str
    counts: Mapping[str, int | None] = field(default_factory=dict)

    def rule(self, kind: AddressKind) -> ContactRule:
        """What holds for addresses of this kind."""
        return self.business if kind == "business" else self.personal


_BOUGHT: Mapping[str, int | None] = {"purchase": None}
"""The customer's address, got with the sale of something similar: directive 2002/58/EC article 13(2)."""


def _consent(source: str, counts: Mapping[str, int | None] = _BOUGHT) -> Law:
    return Law("consent", "consent", source, counts)


def _opt_out_for_business(source: str, counts: Mapping[str, int | None] = _BOUGHT) -> Law:
    return Law("allowed", "consent", source, counts)


STRICTEST = Law(
    "consent", "consent", "no rule is known to this table, so the strictest of all holds: express consent"
)

LAWS: dict[str, Law] = {
    # European Union
    "AT": _consent("TKG 2021 § 174(3), (4)"),
    "BE": _consent("Code de droit économique art. XII.13; arrêté royal of 4 April 2003"),
    "BG": _consent("Electronic Communications Act art. 261; Electronic Commerce Act art. 6"),
    "HR": _consent("Electronic Communications Act (NN 76/2022), unsolicited communications"),
    "CY": _consent("Law 112(I)/2004 s. 106"),
    "CZ": _consent("Act 480/2004 § 7(2), (3)"),
    "DK": _consent("Markedsføringsloven § 10"),
    "EE": _opt_out_for_business("Electronic Communications Act § 103-1"),
    "FI": _opt_out_for_business("Act on Electronic Communications Services 917/2014 §§ 200, 202"),
    "FR": _opt_out_for_business("CPCE art. L34-5 (LCEN art. 22), as CNIL reads it for professionals"),
    "DE": _consent("UWG § 7(2) no. 2, (3)"),
    "GR": _consent("Law 3471/2006 art. 11"),
    "HU": _consent("Act XLVIII of 2008 § 6"),
    "IE": _opt_out_for_business("S.I. 336/2011 reg. 13"),
    "IT": _consent("Codice privacy (d.lgs. 196/2003) art. 130"),
    "LV": _opt_out_for_business("Law on Information Society Services s. 9"),
    "LT": _consent("Law on Electronic Communications, direct marketing; directive 2002/58/EC art. 13"),
    "LU": _opt_out_for_business("Law of 30 May 2005 art. 11"),
    "MT": _consent("S.L. 586.01 reg. 9"),
    "NL": _consent("Telecommunicatiewet art. 11.7", {"purchase": None, "published": None}),
    "PL": _consent("Prawo komunikacji elektronicznej (2024) art. 398", {}),
    "PT": _opt_out_for_business("Lei 41/2004 art. 13-A, 13-B"),
    "RO": _consent("Law 506/2004 art. 12"),
    "SK": _consent("Act 452/2021 § 116"),
    "SI": _consent("ZEKom-2, unsolicited communications; directive 2002/58/EC art. 13"),
    "ES": _consent("LSSI (Ley 34/2002) art. 21"),
    "SE": _opt_out_for_business("Marknadsföringslagen (2008:486) §§ 19-21"),
    # European Economic Area
    "IS": _consent("Electronic Communications Act 70/2022; directive 2002/58/EC art. 13"),
    "LI": _consent("Kommunikationsgesetz; directive 2002/58/EC art. 13"),
    "NO": _consent("Markedsføringsloven § 15"),
    # Elsewhere
    "GB": _opt_out_for_business("PECR reg. 22: individual subscribers", {"purchase": None, "inquiry": None}),
    "CH": _consent("UWG art. 3(1)(o)"),
    "US": Law("allowed", "allowed", "CAN-SPAM Act, 15 U.S.C. 7704: opt-out"),
    "CA": _consent("CASL s. 6, 10(9), 10(10)", {"purchase": 24, "inquiry": 6, "published": None}),
    "AU": _consent("Spam Act 2003 s. 16, schedule 2", {"purchase": None, "published": None}),
    "NZ": _consent("Unsolicited Electronic Messages Act 2007 s. 4, 9", {"purchase": None, "published": None}),
    "JP": _consent(
        "Act on Regulation of Transmission of Specified Electronic Mail art. 3(1)",
        {"purchase": None, "published": None},
    ),
    "KR": _consent("Network Act art. 50; enforcement decree art. 61", {"purchase": 6}),
    "SG": _opt_out_for_business("Spam Control Act 2007; PDPA leaves out business contact information", {}),
    "IN": _consent("Digital Personal Data Protection Act 2023 s. 6", {}),
    "BR": _opt_out_for_business("LGPD (Lei 13.709/2018) art. 7, 10", {}),
    "ZA": _consent("POPIA s. 69"),
    "IL": _consent("Communications Law 5742-1982 s. 30A", {"purchase": None, "inquiry": None}),
    "AE": _consent("Federal Decree-Law 45/2021 art. 4", {}),
}
"""ISO 3166-1 code -> what holds there. Published addresses count only for business, see `months_of`."""

# Law of the country that they belong to, by their own law or its extension.
LAWS.update(
    {
        code: LAWS[of]
        for of, codes in {
            "FR": ("GF", "GP", "MQ", "RE", "YT"),
            "FI": ("AX",),
            "US": ("PR", "GU", "VI", "AS", "MP"),
        }.items()
        for code in codes
    }
)


def laws(config: CampaignConfig) -> dict[str, Law]:
    """The table with the campaign's own rules in it; raises ConfigurationError for an unknown country."""
    found = dict(LAWS)
    where = "qualification.policy.countries"
    named: dict[str, str] = {}
    for name, own in config.qualification.policy.countries.items():
        code = country_code(name)
        if code is None:
            raise ConfigurationError(
                f"campaign {config.key!r}: {where} has {name!r}, which is no known country; "
                "write its English name or ISO code, such as 'Germany' or 'DE'"
            )
        if code in named:
            raise ConfigurationError(
                f"campaign {config.key!r}: {where} has {named[code]!r} and {name!r}, which are the same "
                "country; keep one of them"
            )
        named[code] = name
        shipped = LAWS.get(code, STRICTEST)
        found[code] = Law(own.business, own.personal, "the campaign's own policy", shipped.counts)
    return found


def months_of(law: Law, kind: AddressKind, consent: str) -> float:
    """For how many months this consent holds: infinity without limit, NaN where it does not count.

    A published address is one that a business published for its business: it is none of a natural person's own.
    """
    if consent == "express":
        return math.inf
    if consent not in law.counts or (consent == "published" and kind == "personal"):
        return math.nan
    months = law.counts[consent]
    return math.inf if months is None else months
