"""A hundred hostile templates, and what each costs in a process of its own with limits on time and memory."""

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail.linter import check
from aicmo_dagster.mail.writer import Writer
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.sends import Claimed
from aicmo_dagster_tests.outreach import NOW, config

LONGEST = 20_000
"""Characters of a step's text."""
MEMORY = 50_000_000
SECONDS = 0.5


def filled(start: str, unit: str, end: str = "") -> str:
    """As much of the unit as a step has room for."""
    return start + unit * ((LONGEST - len(start) - len(end)) // len(unit)) + end


def nested(opening: str, middle: str, closing: str) -> str:
    depth = (LONGEST - len(middle)) // (len(opening) + len(closing))
    return opening * depth + middle + closing * depth


A = "{% assign a = '" + "x" * 9_000 + "' %}"

TEMPLATES: dict[str, str] = {
    # Loops and repetition
    "loop": "{% for i in (1..1000000000) %}x{% endfor %}",
    "nested loops": "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}",
    "loop over a value": "{% for c in company %}{{ c }}{% endfor %}",
    "table": "{% tablerow i in (1..1000000000) cols:9 %}x{% endtablerow %}",
    "cycle": filled("", "{% cycle 'a', 'b' %}"),
    "increment": filled("", "{% increment a %}"),
    "range": "{{ (1..99999999999) | join: 'x' }}",
    "range printed": "{{ (1..1000000000) }}",
    "range assigned": "{% assign a = (1..1000000000) %}{{ a | join: 'x' }}",
    "range compared": "{% if (1..1000000000) contains 999999999 %}x{% endif %}",
    "range in case": "{% case (1..1000000000) %}{% when 5 %}x{% endcase %}",
    "liquid tag": "{% liquid\nfor i in (1..1000000000)\necho i\nendfor %}",
    "echo": filled("{% assign a = 'x' %}", "{% echo a %}"),
    # Growth
    "doubling": filled("{% assign a = 'x' %}", "{% assign a = a | append: a %}"),
    "doubling by prepend": filled("{% assign a = 'x' %}", "{% assign a = a | prepend: a %}"),
    "doubling by capture": filled(
        "{% capture a %}x{% endcapture %}", "{% capture a %}{{a}}{{a}}{% endcapture %}"
    ),
    "growing names": "".join(f"{{% assign a{n} = company %}}" for n in range(700)),
    "replace": "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 9 + " }}",
    "replace first": "{{ 'aaaaaaaaaa'" + " | replace_first: '', 'aaaaaaaaaa'" * 9 + " }}",
    "split and join": "{{ 'aaaaaaaa' | split: '' | join: 'aaaaaaaa' | split: '' | join: 'aaaaaaaa' }}",
    "base64": "{{ 'aaaaaaaa'" + " | base64_encode" * 9 + " }}",
    "escape": "{{ '&&&&&&&&'" + " | escape" * 9 + " }}",
    "newlines to breaks": "{{ company | newline_to_br }}",
    "percent by percent": "{% assign a = '" + "%" * 9_000 + "' %}{{ a" + " | url_encode" * 10 + " }}",
    "percent again and again": filled("{% assign a = '%' %}", "{% assign a = a | url_encode | append: a %}"),
    "long output": filled(A, "{{ a }}"),
    "long output in a subject": filled("", "{{ company }}"),
    "work on long text": filled(A, "{% assign b = a | upcase | downcase %}"),
    "squish long text": filled(
        "{% assign a = '" + "x " * 4_500 + "' %}", "{% assign b = a | squish | strip %}"
    ),
    "truncate far": filled(A, "{{ a | truncate: 999999999999999999 }}"),
    "truncate by far": "{{ company | truncate: 5, company }}" * 400,
    "truncate words": filled("{% assign a = '" + "x " * 4_500 + "' %}", "{{ a | truncatewords: 9999999 }}"),
    "truncate by an ending": "{{ 'x' | truncate: -999999999, '" + "y" * 9_000 + "' }}",
    "remove everything": filled(A, "{% assign b = a | remove: 'x' %}"),
    "remove nothing": filled(A, "{% assign b = a | remove: '' %}"),
    "big number": "{{ 9" + " | times: 999999999999999999" * 9 + " }}",
    "long number": "{{ " + "9" * 19_000 + " }}",
    "long float": "{{ 1." + "9" * 19_000 + " }}",
    "huge exponent": "{{ 1e999999999 }}",
    "wide date": "{{ 'now' | date: '%99999999Y' }}",
    # Depth
    "deep conditions": "{% if " + " and ".join(["city"] * 2_200) + " %}x{% endif %}",
    "deep or": "{% if " + " or ".join(["city"] * 2_400) + " %}x{% endif %}",
    "deep parentheses": "{% if " + "(" * 9_000 + "city" + ")" * 9_000 + " %}x{% endif %}",
    "deep not": "{% if " + "not " * 4_000 + "city %}x{% endif %}",
    "deep brackets": "{{ city" + "[city" * 3_300 + "]" * 3_300 + " }}",
    "long path": "{{ extra" + ".a" * 9_000 + " }}",
    "deep blocks": nested("{% if city %}", "x", "{% endif %}"),
    "deep blocks, few": "{% if city %}" * 19 + "x" + "{% endif %}" * 19,
    "deep comments": nested("{% comment %}", "x", "{% endcomment %}"),
    "deep cases": nested("{% case city %}{% when 'x' %}", "x", "{% endcase %}"),
    "many whens": "{% case city %}" + "{% when 'x', 'y', 'z' %}a" * 700 + "{% endcase %}",
    "many elsifs": "{% if city == 'a' %}" + "{% elsif city == 'b' %}b" * 800 + "{% endif %}",
    "many values": filled("", "{{a}}"),
    "many known values": filled("", "{{city}}"),
    "many filters": "{{ company" + " | upcase | downcase" * 900 + " }}",
    # What cannot be read
    "open braces": filled("", "{{"),
    "open tags": filled("", "{%"),
    "open raw": filled("", "{% raw %}"),
    "open doc": filled("", "{% doc %}"),
    "open comments": filled("", "{% comment %}"),
    "open conditions": filled("", "{% if city %}"),
    "closing braces": filled("", "}}"),
    "dashes": filled("", "{{-"),
    "braces and spaces": "{{" + " " * 19_990 + "}}",
    "a name and spaces": "{{ city" + " " * 19_980 + "}}",
    "spaces and an odd end": "{% if city" + " \n" * 9_000 + "?%}x{% endif %}",
    "pipes": "{{ city " + "|" * 19_900 + " }}",
    "pipes in quotes": "{{ city | default: '" + "|" * 19_900 + "' }}",
    "commas": "{{ city | default: " + ", " * 9_900 + " }}",
    "an open quote": "{{ '" + "x" * 19_900 + " }}",
    "quotes": "{{ " + "'\"" * 9_900 + " }}",
    "backslashes": "{{ '" + "\\" * 19_900 + "' }}",
    "operators": "{% if " + "<>" * 9_900 + " %}x{% endif %}",
    "dots": "{{ " + "." * 19_900 + " }}",
    "colons": "{{ " + ":" * 19_900 + " }}",
    "other letters": filled("", "\U00100000\U00102710"),
    "zero bytes": filled("", "\x00\u202e"),
    # Reaching out
    "python": "{{ sender.__class__.__mro__ }}{{ first_name.__init__.__globals__ }}",
    "python by brackets": "{{ sender['__class__']['__mro__'] }}",
    "python by a list": "{{ campaign.name.__class__.__subclasses__[0] }}",
    "methods": "{{ first_name.format }}{{ campaign.items }}{{ extra.keys }}{{ sender.pop }}",
    "python filter": "{{ 'x' | __import__: 'os' }}",
    "attributes by a filter": "{{ sender | map: '__class__' }}{{ sender | where: '__class__' }}",
    "sort": "{{ extra | sort: '__class__' }}{{ extra | sum: '__class__' }}",
    "include itself": "{% include 'self' %}{% render 'self' %}",
    "include a file": "{% include '/etc/passwd' %}",
    "render a file": "{% render '../../../../etc/passwd' %}",
    "extends": "{% extends 'base' %}{% block a %}{% endblock %}",
    "macro": "{% macro a %}x{% endmacro %}{% call a %}",
    "format string": "{{ '%s %n {0.__class__}' }} %s %(x)s {0.__class__}",
    "a template in a value": "{{ company }}",
    # Markdown
    "brackets": filled("", "["),
    "closed brackets": nested("[", "x", "]"),
    "brackets of links": filled("", "[a]("),
    "links in links": nested("[", "a", "](https://example.com)"),
    "many links": filled("", "[a](https://e.de) "),
    "stars": filled("", "*"),
    "open stars": filled("", "*a "),
    "double stars": filled("", "a**b"),
    "stars and bars": filled("", "*a_ "),
    "bars": filled("", "_a__b"),
    "alternating": filled("", "**x* "),
    "quotations": filled("", "> "),
    "many quotations": filled("", ">" * 19 + "a\n"),
    "lists in lists": filled("", "- "),
    "numbered lists": filled("", "1. "),
    "deeper and deeper": "".join(" " * n + "- a\n" for n in range(190)),
    "many lists": filled("", "- a\n"),
    "loose lists": filled("", "- a\n\n"),
    "lists and quotations": filled("", "> - "),
    "headings": filled("", "# a\n"),
    "rules": filled("", "***\n\n"),
    "lines": filled("", "a\n"),
    "paragraphs": filled("", "a\n\n"),
    "hard breaks": filled("", "a  \n"),
    "trailing spaces": filled("", "a" + " " * 200 + "\n"),
    "escapes": filled("", "\\*"),
    "angles": filled("", "<"),
    "angled addresses": filled("", "<https://"),
    "ticks": filled("", "`a"),
    "tabs": filled("", "\t"),
    "definitions": filled("", "[a]: b\n"),
    "pictures": filled("", "![a](b)"),
    "brackets of an address": "https://example.com/" + ")" * 19_900,
    "open brackets of an address": "[a](https://example.com/" + "(" * 19_900,
    "dots of an address": filled("", "https://e.de/..... "),
    "schemes": filled("", "https://"),
    "titles": filled("[a](https://e.de ", '"'),
    "entities": filled("", "&amp;"),
    "a variable that is long": "{{ campaign.long }}" * 7,
    "a variable of brackets": "{{ campaign.brackets }}" * 2,
    # Just within the limits
    "all brackets there may be": "[" * 1_999 + "a" * 17_000,
    "all links there may be": "[a](" * 950,
    "all stars there may be": "*a_ " * 660,
    "all bars there may be": "_a*b" * 990,
    "all angles there may be": "<https://" * 1_990,
    "all lists there may be": "- a\n\n" * 490,
    "all quotations there may be": (">" * 19 + "a\n") * 100,
    "all headings there may be": "# a\n" * 990,
    "all lines there may be": "a **b** c\n" * 450,
    "all filters there may be": ("{% assign a = campaign.long" + " | squish" * 10 + " %}") * 10,
    "all growth there may be": ("{% assign a = campaign.long | strip" + " | squish | upcase" * 4 + " %}")
    * 10,
    "all values there may be": "{% assign a = company | append: company %}" + "{{ a }}" * 30,
    # HTML
    "script": "<script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)>",
    "frame": "<iframe src='https://example.com'></iframe>",
    "script as a link": "[a](javascript:alert(1))",
    "script as a link, hidden": "[a](java\tscript:alert(1)) [a](&#106;avascript:alert(1)) [a](JaVaScRiPt:alert(1))",
    "data as a link": "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "file as a link": "[a](file:///etc/passwd) <file:///etc/passwd>",
    "quote in a link": '[a](https://example.com/"onclick="alert(1)) [b](https://example.com/\'x)',
    "quote in a title": '[a](https://example.com "x\\" onclick=\\"alert(1)")',
    "markup in a link": "[<b>a</b>](https://example.com/<script>)",
    "login in a link": "[a](https://example.com@evil.example/)",
    "a value as a link": "[a]({{ company }}) <{{ company }}> [a](https://{{ company }}/)",
    "a host by a filter": "[a](https://{{ 'evil.example' | append: company }}/)",
    "end of the page": "</div></body></html><script>alert(1)</script>",
    "comment of html": "<!-- <script> -->",
}

LEAD = {
    "email": "lead@example.org",
    "first_name": "{{ x }}" * 100,
    "last_name": "\r\nBcc: <x@example.net>",
    "company": ("*_[`<a href='javascript:alert(1)'>](" * 40)[:1_000],
    "city": "x" * 1_000,
    "extra": {"a": "x" * 5_000},
}
CONFIG = config(sending={"variables": {"long": "word " * 1_000, "brackets": "[" * 5_000}})


@dataclass(frozen=True)
class Cost:
    """What became of a template: seconds of the processor, what the linter says, and the mail's HTML or the error."""

    seconds: float
    problems: list[str]
    error: str
    html: str


def cost(text: str) -> Cost:
    """Check and write two mails: one with the template as its text, one with its beginning as the subject."""
    began = time.process_time()
    words = [("Hello", text), (text[:500], "Hello")]
    given = [{"day": day, "subject": subject, "text": text} for day, (subject, text) in enumerate(words)]
    sequence = Sequence.model_validate({"days": 2, "steps": given})
    problems = check("hostile", sequence, CONFIG)
    writer = Writer(
        Campaign(1, "test", 1, "active", CONFIG, Path()), {("mine", 1): sequence}, b"k" * 32, None
    )
    error, html = "", ""
    for step in (2, 1):
        claimed = Claimed(1, 1, "mine", 1, step, "Owner", {"last_name": None, **LEAD})
        try:
            content = writer.write(claimed, CONFIG.sending.senders[0], NOW).content
        except MailError as found:
            error = str(found)
            continue
        error = ""
        body = message_from_bytes(content, policy=default).get_body(("html",))
        html += body.get_content() if body else ""
    return Cost(time.process_time() - began, problems, error, html)


def limited(text: str) -> dict[str, object]:
    """The cost in a process that has so much memory beyond what it was born with, or how that process died."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
            told = json.dumps(asdict(cost(text)))
        except BaseException as error:
            told = json.dumps({"died": repr(error)[:500]})
        with os.fdopen(writing, "w") as pipe:
            pipe.write(told)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    result: dict[str, object] = json.loads(told) if told else {"died": f"status {status}"}
    return result


if __name__ == "__main__":
    cost("Hello")  # what is imported or compiled once is not the templates' cost
    sys.stdout.write(json.dumps({name: limited(text) for name, text in TEMPLATES.items()}))
