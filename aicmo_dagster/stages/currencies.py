"""Currencies as people write them beside an amount, and what they are worth in US dollars.

The rates are averages of the year 2024 by the European Central Bank's euro foreign exchange reference rates, through
the euro, of three digits; those of the Gulf are their pegs to the dollar. A company is compared with ranges of revenue,
so the order of magnitude is what counts; the text of the source is kept with the lead.
"""

import re
from functools import cache

USD: dict[str, float] = {
    "USD": 1.0,
    "EUR": 1.08,
    "GBP": 1.28,
    "CHF": 1.14,
    "SEK": 0.0947,
    "NOK": 0.0931,
    "DKK": 0.145,
    "ISK": 0.00725,
    "PLN": 0.251,
    "CZK": 0.0431,
    "HUF": 0.00274,
    "RON": 0.218,
    "BGN": 0.553,
    "TRY": 0.0304,
    "ILS": 0.270,
    "ZAR": 0.0546,
    "AED": 0.272,
    "SAR": 0.267,
    "CAD": 0.730,
    "MXN": 0.0546,
    "BRL": 0.186,
    "JPY": 0.00661,
    "CNY": 0.139,
    "HKD": 0.128,
    "INR": 0.0120,
    "KRW": 0.000734,
    "SGD": 0.749,
    "MYR": 0.219,
    "THB": 0.0284,
    "IDR": 0.0000631,
    "PHP": 0.0175,
    "AUD": 0.660,
    "NZD": 0.605,
}
"""ISO 4217 code -> US dollars for one."""

_SIGNS: dict[str, str] = {
    "USD": "us$, $us, usd$, $, us dollar, us dollars, dollar, dollars",
    "EUR": "€, euro, euros, d'euro, d'euros, de euros, di euro",
    "GBP": "£, pound, pounds, pound sterling, pounds sterling, livres sterling",
    "CHF": "sfr, sfr., fr., franken, swiss franc, swiss francs, francs suisses",
    "SEK": "swedish kronor",
    "NOK": "norwegian kroner",
    "DKK": "danish kroner",
    "PLN": "zł, zloty, złoty, złotych",
    "CZK": "kč, koruna",
    "HUF": "ft, forint",
    "RON": "lei",
    "TRY": "₺, tl, lira",
    "ILS": "₪, nis, shekel, shekels",
    "ZAR": "rand",
    "AED": "dirham, dirhams",
    "CAD": "c$, ca$, can$, cad$, $ca, canadian dollars",
    "MXN": "mx$, mex$",
    "BRL": "r$, reais, real",
    "JPY": "¥, 円, yen, jp¥",
    "CNY": "cn¥, 元, rmb, yuan, renminbi, 人民币",
    "HKD": "hk$",
    "INR": "₹, rs, rs., rupee, rupees",
    "KRW": "₩, 원, won",
    "SGD": "s$, sg$",
    "MYR": "rm, ringgit",
    "THB": "฿, baht",
    "IDR": "rp, rp., rupiah",
    "PHP": "₱",
    "AUD": "a$, au$, aud$, australian dollars",
    "NZD": "nz$",
}
"""What stands for a currency besides its code. "kr" and "peso" are several and not read."""

_THOUSANDS = re.compile(r"\b([tkm])(?=(?:€|eur\b|chf\b|usd\b|gbp\b))")
"""German companies report in "TEUR" and "T€", others in "k€", "MEUR", "MUSD"."""
_ABOUT = {"t": "k"}


def without_currency(text: str) -> tuple[str, str | None] | None:
    """The amount without its currency, and the ISO 4217 code; the code is None where none is written.

    `text` is in lower case. None where it names two currencies.
    """
    text = _THOUSANDS.sub(lambda found: f" {_ABOUT.get(found[1], found[1])} ", text)
    found = {_codes()[sign] for sign in _pattern().findall(text)}
    if len(found) > 1:
        return None
    return _pattern().sub(" ", text), next(iter(found), None)


@cache
def _codes() -> dict[str, str]:
    signs = {sign: code for code, written in _SIGNS.items() for sign in written.split(", ")}
    return signs | {code.lower(): code for code in USD}


@cache
def _pattern() -> re.Pattern[str]:
    """The longest sign first. One of letters is a word, though digits may touch it: "eur5".

    What a sign begins with is asked first, so that digits cost nothing: most amounts differ, and each is read.
    """
    words: list[str] = []
    symbols: list[str] = []
    for sign in sorted(_codes(), key=len, reverse=True):
        end = r"(?![^\W\d_])" if _is_letter(sign[-1]) else ""
        (words if _is_letter(sign[0]) else symbols).append(re.escape(sign) + end)
    return re.compile(rf"(?=[^\W\d_])(?<![^\W\d_])(?:{'|'.join(words)})|(?=[^\d\s.,])(?:{'|'.join(symbols)})")


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
