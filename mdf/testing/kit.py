"""Runs every check of a component's kind, each on its own, and gathers what they find. Torch comes with the run."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from mdf.core.errors import MdfError
from mdf.core.grammar import Reference
from mdf.registry import Catalog, Offer
from mdf.registry.component import MissingExtraError, load_class
from mdf.registry.reasons import describe, one_line
from mdf.testing.finding import FailedError, Finding, SkippedError

if TYPE_CHECKING:
    from mdf.testing.subject import Subject
    from mdf.testing.worker import Worker

Check = Callable[["Subject"], None]


def check(
    catalog: Catalog,
    kind: str,
    reference: str,
    options: Mapping[str, object] | None = None,
    worker: Worker | None = None,
) -> list[Finding]:
    """Every check of `kind` on the component that `reference` means, in one order; the first one builds it.

    Where it cannot be built the rest is skipped; a family without its variant, or a component whose optional
    extra is not installed, is skipped whole. `worker` is a process to share between calls; else one is started.

    Raises UnknownNameError where no such component is on offer.
    """
    offer = catalog.named(kind, reference)
    try:
        load_class(offer)
    except MissingExtraError as error:
        return _all_skipped(kind, one_line(f"{error.message}: {error.hint}"))
    except MdfError as error:
        return [Finding("can be built", "failed", one_line(error.message)), *_all_skipped(kind, "cannot be built")[1:]]
    if offer.spec.variant and not Reference.parse(reference).variant:
        return _all_skipped(kind, f"needs its {offer.spec.variant} after a colon: `{offer.usage}`")
    from mdf.testing.subject import Subject
    from mdf.testing.worker import Worker

    with contextlib.nullcontext(worker) if worker else Worker() as process:
        subject = Subject(catalog, offer, reference, options or {}, process)
        return list(_findings(subject))


def assert_conforms(
    kind: str, reference: str, options: Mapping[str, object] | None = None, catalog: Catalog | None = None
) -> list[Finding]:
    """For tests: AssertionError telling every check that failed; else what was found, of each of `members`.

    Raises ConfigError where a family without representatives is named without its variant, PluginError where an
    extra is missing: a test that checks nothing must not pass.
    """
    catalog = catalog or Catalog.discover()
    every = []
    for member in members(catalog.named(kind, reference), reference):
        catalog.load(kind, member)
        findings = check(catalog, kind, member, options, _shared_worker())
        failed = [f"  {finding.check}: {finding.detail}" for finding in findings if finding.outcome == "failed"]
        assert not failed, "\n".join([f"{kind} `{member}` breaks its contract:", *failed])
        every += findings
    return every


def members(offer: Offer, reference: str) -> list[str]:
    """What is to be checked where `reference` means `offer`: a family named alone stands for its representatives."""
    asked = Reference.parse(reference)
    if asked.variant or not offer.spec.representatives:
        return [reference]
    return [str(replace(asked, variant=one)) for one in offer.spec.representatives]


def checks_of(kind: str) -> list[Check]:
    """The checks of a kind, `can be built` first. Imports torch."""
    own: tuple[Check, ...] = importlib.import_module(f"mdf.testing.checks.{kind}").CHECKS
    every: tuple[Check, ...] = importlib.import_module("mdf.testing.checks.every").CHECKS
    return [own[0], *every, *own[1:]]


def name_of(run: Check) -> str:
    """A check's name: that of its function, in words."""
    return run.__name__.replace("_", " ")


@cache
def _shared_worker() -> Worker:
    """One process for all assertions of a test run; it ends with it."""
    from mdf.testing.worker import Worker

    return Worker()


def _findings(subject: Subject) -> Iterator[Finding]:
    first, *others = checks_of(subject.kind)
    built = _run(first, subject)
    yield built
    for run in others:
        yield _run(run, subject) if built.outcome == "passed" else Finding(name_of(run), "skipped", "cannot be built")


def _run(run: Check, subject: Subject) -> Finding:
    """One check, its randomness its own."""
    import torch

    name = name_of(run)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            run(subject)
    except FailedError as error:
        return Finding(name, "failed", one_line(str(error)))
    except SkippedError as error:
        return Finding(name, "skipped", one_line(str(error)))
    except (Exception, SystemExit) as error:
        return Finding(name, "failed", one_line(error.message) if isinstance(error, MdfError) else describe(error))
    return Finding(name, "passed")


def _all_skipped(kind: str, reason: str) -> list[Finding]:
    return [Finding(name_of(run), "skipped", reason) for run in checks_of(kind)]
