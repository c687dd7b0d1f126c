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
from aicmo_dagster.mail.templates import (
    FALLBACKS,
    FILTERS,
    LEAD_FIELDS,
    TAGS,
    compiled,
    render,
    values,
)

_REPLY_PREFIX = re.compile(r"\s*(re|fwd?|aw|wg|sv|vs|tr|rv|ref|antw)\s*(\[\d+\])?\s*[:：]", re.IGNORECASE)
_SINGLE_BRACES = re.compile(r"(?<!\{)\{\s*([A-Za-z_]+)\s*\}(?!\})")


def check(sequence_name: str, sequence: Sequence, config: CampaignConfig) -> list[str]:
    """What is wrong with the sequence's templates: a sentence each, with place and remedy."""
    found: list[str] = []
    for number, step in enumerate(sequence.steps, 1):
        where = f"campaign {config.key!r}: sequence {sequence_name!r} step {number}"
        problems = [
            *((f"subject: {text}") for _, text in _problems(step.subject or "", config)),
            *((f"text line {line}: {text}") for line, text in _problems(step.text, config)),
        ]
        if re.search(r"[\r\n]", step.subject or ""):
            problems.append("subject: has more than one line; write it on one")
        if not problems:
            problems = list(_wrong_when_rendered(step, config, first=number == 1))
        found += [f"{where}, {problem}" for problem in dict.fromkeys(problems)]
    return found


def _problems(template: str, config: CampaignConfig) -> list[tuple[int, str]]:
    """(line, sentence) of everything that the template alone shows to be wrong."""
    try:
        tree = compiled(template)
    except LiquidError as error:
        return [(_line(template, error.token.start_index if error.token else -1), _explained(error))]
    linter = _Linter(template, config)
    linter.visit(tree.nodes, RenderContext(tree), frozenset())
    for match in _SINGLE_BRACES.finditer(template):
        linter.report(match.start(), f"{match[0]} is no placeholder; write {{{{ {match[1].lower()} }}}}")
    return linter.found


def _wrong_when_rendered(step: Step, config: CampaignConfig, *, first: bool) -> Iterator[str]:
    """What only shows in the mail itself, tried with a lead that has every field and one that has none."""
    full = dict.fromkeys(LEAD_FIELDS, "x")
    for lead in (full, {"email": "x@example.com"}):
        try:
            rendered = render(step, {"sender": {"name": "x", "email": "x"}, **values(lead, "x", config)})
        except MailError as error:
            yield f"text or subject: {error}"
            return
        if first and _REPLY_PREFIX.match(rendered.subject):
            prefix = rendered.subject.split(":")[0]
            yield f"subject: starts with {prefix + ':'!r}, but the first mail answers nothing; take it out"
        for mark in ("{{", "}}", "{%", "%}"):
            if mark in rendered.subject + rendered.text:
                yield f"text or subject: {mark!r} would be in the mail; a placeholder is not complete"


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
        self._campaign = {"name", *config.sending.variables}
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
