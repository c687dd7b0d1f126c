"""Finds what is wrong with a sequence's templates before the first mail, without a lead to try them on."""

import difflib
import re
from collections.abc import Iterable, Iterator

from liquid import RenderContext
from liquid.ast import ConditionalBlockNode, Node
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.expressions.logical import LogicalAndExpression
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.steps import Sequence, Step
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import text_rules
from aicmo_dagster.mail.dialect import FILTERS, TAGS, compiled
from aicmo_dagster.mail.templates import FALLBACKS, LEAD_FIELDS, Seen, render, shared
from aicmo_dagster.mail.writer import worded

# What mail programs put before the subject of an answer or of a mail passed on, by language.
_REPLY_PREFIX = re.compile(
    r"\s*(re|fwd?|aw|antw|wg|sv|vs|vb|vl|tr|rv|ref|res|enc|rif|i|r|bls|trs|odp|pd|ynt|ilt|doorst|atb|blš|"
    r"vá|továbbítás|απ|σχετ|πρθ|отв|пересл|השב|הועבר|رد|إعادة توجيه|回复|答复|回覆|转发|轉寄|返信|転送|답장|전달)"
    r"\s*([\[(]\d+[\])]|\^\d+)?\s*[:：]",
    re.IGNORECASE,
)
_SINGLE_BRACES = re.compile(r"(?<!\{)\{\s*([A-Za-z_]+)\s*\}(?!\})")
_BROKEN_LINK = re.compile(r"\[[^\]\n]{1,200}\]\([^)\n]{0,500}\)")
_FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_LEAST_OF_ADDRESS = 8
_BY_ITSELF = re.compile(r"unsubscribe|opt_?out|postal|imprint|impressum", re.IGNORECASE)


def check(sequence_name: str, sequence: Sequence, config: CampaignConfig) -> list[str]:
    """What is wrong with the sequence's templates: a sentence each, with place and remedy."""
    found: list[str] = []
    for number, step in enumerate(sequence.steps, 1):
        where = f"campaign {config.key!r}: sequence {sequence_name!r} step {number}"
        own = _of_step(step, config, first=number == 1)
        found += [f"{where}, {problem}" for problem in own]
        for variant in step.variants:
            problems = _of_step(worded(step, variant.name), config, first=number == 1)
            found += [f"{where} variant {variant.name!r}, {one}" for one in problems if one not in own]
    return found


def check_senders(config: CampaignConfig, public_url: str | None) -> list[str]:
    """What is lacking for the lines below every mail - who sends it, how to get no more - and for its links."""
    found: list[str] = []
    tracking = config.sending.tracking
    if public_url is None and (tracking.clicks or tracking.opens):
        found.append(
            f"campaign {config.key!r}: sending.tracking needs AICMO_PUBLIC_URL, where its links lead"
        )
    for sender in config.sending.senders:
        where = f"campaign {config.key!r}: sending.senders: {sender.address}"
        if len(re.findall(r"\w", sender.postal_address)) < _LEAST_OF_ADDRESS:
            found.append(
                f"{where}: postal_address holds no address; write street and town, the law asks for it"
            )
        if config.mode == "live" and public_url is None and sender.imap is None:
            found.append(
                f"{where}: nobody could unsubscribe: set AICMO_PUBLIC_URL, where the world reaches "
                "the unsubscribe page, or give the sender imap, so that requests by mail are read"
            )
    return found


def _of_step(step: Step, config: CampaignConfig, *, first: bool) -> list[str]:
    lines = _problems(step.text, config)
    problems = [
        *((f"subject: {text}") for _, text in _problems(step.subject or "", config, text=False)),
        *((f"text line {line}: {text}") for line, text in sorted(lines)),
    ]
    if re.search(r"[\r\n]", step.subject or ""):
        problems.append("subject: has more than one line; write it on one")
    return list(dict.fromkeys(problems or _wrong_when_rendered(step, config, first=first)))


def _problems(template: str, config: CampaignConfig, *, text: bool = True) -> list[tuple[int, str]]:
    """(line, sentence) of everything that the template alone shows to be wrong."""
    try:
        tree = compiled(template)
    except LiquidError as error:
        return [(_line(template, error.token.start_index if error.token else -1), _explained(error))]
    linter = _Linter(template, config)
    linter.visit(tree.nodes, RenderContext(tree), frozenset())
    for match in _SINGLE_BRACES.finditer(template):
        linter.report(match.start(), f"{match[0]} is no placeholder; write {{{{ {match[1].lower()} }}}}")
    return linter.found + (list(text_rules.problems(template, config.sending.variables)) if text else [])


def _wrong_when_rendered(step: Step, config: CampaignConfig, *, first: bool) -> Iterator[str]:
    """What only shows in the mail itself, tried with a lead that has every field and one that has none."""
    for lead in (dict.fromkeys(LEAD_FIELDS, "x"), {"email": "x@example.com"}):
        try:
            known = {**shared("x", config), "sender": {"name": "x", "email": "x"}}
            rendered = render(step, Seen(lead, known), subject=None if step.subject else "x")
        except MailError as error:
            yield f"text or subject: {error}"
            return
        if not step.thread and _REPLY_PREFIX.match(rendered.subject):
            prefix = re.split("[:：]", rendered.subject)[0]
            remedy = "take it out" if first else "take it out, or give the step thread: true"
            yield f"subject: starts with {prefix + ':'!r}, but the mail answers nothing; {remedy}"
        for where, words, template in (
            ("subject", rendered.subject, step.subject),
            ("text", rendered.text, step.text),
        ):
            bare = _FILLED.sub(lambda found: "\n" * found[0].count("\n"), template or "")
            for mark in ("{{", "}}", "{%", "%}"):
                if mark in words:
                    place = f"{where}{_line_of(bare, mark)}"
                    yield f"{place}: {mark!r} would be in the mail; a placeholder is not complete"
        if broken := _BROKEN_LINK.search(rendered.text):
            place = f"text{_line_of(step.text, broken[0].partition('](')[0])}"
            yield f"{place}: {broken[0]!r} is no link; write [text](https://...)"


def _line_of(template: str, words: str) -> str:
    at = template.find(words)
    return f" line {_line(template, at)}" if at >= 0 else ""


def _explained(error: LiquidError) -> str:
    message = str(error.message)
    if missing := re.match(r"expected tag (\w+)", message):
        return f"{{% {missing[1]} %}} is missing; add it where the block ends"
    if missing := re.match(r"expected '(..)', found end of file", message):
        return f"a placeholder or tag is not closed; close it with {missing[1]}"
    if unknown := re.match(r"unexpected tag '(\w+)'", message):
        return f"tag {unknown[1]!r} has no place here; {_suggestion(unknown[1], TAGS)}"
    return f"cannot be used: {message}"


def _suggestion(name: str, known: Iterable[str]) -> str:
    known = tuple(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _line(template: str, index: int) -> int:
    return template.count("\n", 0, index if index >= 0 else len(template.rstrip())) + 1


class _Linter:
    """Walks a template in the order of its text and collects what leads may lack or nobody knows."""

    def __init__(self, template: str, config: CampaignConfig) -> None:
        self.found: list[tuple[int, str]] = []
        self._template = template
        self._variables = config.sending.variables
        self._campaign = {"name", *self._variables}
        self._assigned: set[str] = set()

    def report(self, index: int, text: str) -> None:
        self.found.append((_line(self._template, index), text))

    def visit(self, nodes: Iterable[Node], context: RenderContext, present: frozenset[str]) -> None:
        """`present`: placeholders that an `if` around these nodes has found to have a value."""
        for node in nodes:
            here = present
            for expression in node.expressions():
                if isinstance(expression, FilteredExpression):
                    self._printed(expression, present)
                else:
                    self._asked(expression)
            if isinstance(node, AssignNode):
                self._assigned.add(str(node.name))
            if isinstance(node, IfNode):
                self.visit([node.consequence], context, present | _found_present(node.condition))
                self.visit([*node.alternatives, *filter(None, [node.default])], context, present)
                continue
            if isinstance(node, ConditionalBlockNode):
                here = present | _found_present(node.expression)
            self.visit(node.children(context, include_partials=False), context, here)

    def _printed(self, expression: FilteredExpression, present: frozenset[str]) -> None:
        filters = expression.filters or []
        for filter_ in filters:
            if filter_.name not in FILTERS:
                remedy = _suggestion(filter_.name, FILTERS)
                self.report(filter_.token.start_index, f"filter {filter_.name!r} is not known; {remedy}")
        has_default = any(filter_.name == "default" for filter_ in filters)
        arguments = [path for filter_ in filters for part in filter_.children() for path in _paths(part)]
        for path in [*_paths(expression.left), *arguments]:
            name = str(path)
            value = self._variables.get(str(path.path[-1]), "") if path.path[0] == "campaign" else ""
            for problem in text_rules.of_variable(value):
                self.report(
                    path.token.start_index, f"{{{{ {name} }}}} {problem}; change it in sending.variables"
                )
            if not self._known(path) or not self._may_be_missing(path) or name in present:
                continue
            if path in arguments:
                remedy = f"put it into {{% if {name} %}} ... {{% endif %}}"
            elif has_default:
                continue
            else:
                default = "" if name == "last_name" else f"your {str(path.path[-1]).replace('_', ' ')}"
                remedy = f'give it a default: {{{{ {name} | default: "{default}" }}}}'
            whose = "leads may lack"
            if path.path[0] == "campaign":
                whose, remedy = "sending.variables does not define", f"define it there or {remedy}"
            self.report(path.token.start_index, f"uses {{{{ {name} }}}}, which {whose}; {remedy}")

    def _asked(self, expression: Expression) -> None:
        for path in _paths(expression):
            self._known(path)

    def _may_be_missing(self, path: Path) -> bool:
        root, *rest = path.path
        if root in self._assigned or root in FALLBACKS or root in ("email", "owner", "sender"):
            return False
        return root != "campaign" or rest[0] not in self._campaign

    def _known(self, path: Path) -> bool:
        root, *rest = (str(segment) for segment in path.path)
        if root in self._assigned:
            return True
        if root == "sender":
            good = rest in (["name"], ["email"])
        elif root in ("campaign", "extra"):
            good = len(rest) == 1
        else:
            good = not rest and (root in LEAD_FIELDS or root == "owner")
        if not good:
            known = [*LEAD_FIELDS, "owner", "sender.name", "sender.email", "campaign.name", "extra.<column>"]
            known += [f"campaign.{name}" for name in sorted(self._campaign - {"name"})]
            remedy = _suggestion(str(path), known)
            if _BY_ITSELF.search(str(path)):
                remedy = "postal address and unsubscribe link are put below every mail by themselves"
            self.report(path.token.start_index, f"{{{{ {path} }}}} is not known; {remedy}")
        return good


def _paths(expression: Expression) -> Iterator[Path]:
    if isinstance(expression, Path):
        yield expression
    for child in expression.children():
        yield from _paths(child)


def _found_present(condition: Expression) -> frozenset[str]:
    """Placeholders that have a value wherever the condition holds: `a`, `a and b`."""
    if isinstance(condition, BooleanExpression):
        return _found_present(condition.expression)
    if isinstance(condition, LogicalAndExpression):
        return _found_present(condition.left) | _found_present(condition.right)
    return frozenset([str(condition)]) if isinstance(condition, Path) else frozenset()
