"""Runs every check of a component's kind, each on its own, and collects the findings. Torch is imported by the run."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from mdf.core.errors import MdfError
from mdf.core.grammar import Reference
from mdf.registry import Catalog, Offer
from mdf.registry.component import MissingExtraError, load_class
from mdf.registry.reasons import describe, one_line
from mdf.testing.finding import FailedError, Finding, SkippedError

if TYPE_CHECKING:
    from mdf.core.plain import Table
    from mdf.testing.subject import AnySubject
    from mdf.testing.worker import Worker

Check: TypeAlias = Callable[["AnySubject"], None]


def check(
    catalog: Catalog,
    kind: str,
    reference: str,
    options: Table | None = None,
    worker: Worker | None = None,
) -> list[Finding]:
    """Run every check of `kind` on the component that `reference` means, always in the same order; the first builds it.

    Where it cannot be built the other checks are skipped. All are skipped for a family without its variant, and for a
    component whose optional extra is not installed. `worker` is a process to share between calls; without it one is
    started.

    Raises
        UnknownNameError: no such component is on offer.
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
        subject: AnySubject = Subject(catalog, offer, reference, options or {}, process)
        return list(_findings(subject))


def assert_conforms(
    kind: str, reference: str, options: Table | None = None, catalog: Catalog | None = None
) -> list[Finding]:
    """For tests: check the component, or each representative of a family; returns the findings of all.

    Raises
        AssertionError: some checks failed; it names them all.
        ConfigError: a family without representatives is named without its variant.
        PluginError: an optional extra is missing. A test that checks nothing must not pass.
    """
    catalog = catalog or Catalog.discover()
    all_findings = []
    for member in members(catalog.named(kind, reference), reference):
        catalog.load(kind, member)
        findings = check(catalog, kind, member, options, _shared_worker())
        failed = [f"  {finding.check}: {finding.detail}" for finding in findings if finding.outcome == "failed"]
        assert not failed, "\n".join([f"{kind} `{member}` breaks its contract:", *failed])
        all_findings += findings
    return all_findings


def members(offer: Offer, reference: str) -> list[str]:
    """What is checked where `reference` means `offer`: a family named alone stands for its representatives."""
    asked = Reference.parse(reference)
    if asked.variant or not offer.spec.representatives:
        return [reference]
    return [str(replace(asked, variant=one)) for one in offer.spec.representatives]


def checks_of(kind: str) -> list[Check]:
    """The checks of a kind, `can be built` first. Imports torch."""
    own: tuple[Check, ...] = importlib.import_module(f"mdf.testing.checks.{kind}").CHECKS
    every: tuple[Check, ...] = importlib.import_module("mdf.testing.shared_checks.every").CHECKS
    return [own[0], *every, *own[1:]]


def name_of(run: Check) -> str:
    """A check's name: that of its function, in words."""
    return run.__name__.replace("_", " ")


@cache
def _shared_worker() -> Worker:
    """One process for all assertions of a test run."""
    from mdf.testing.worker import Worker

    return Worker()


def _findings(subject: AnySubject) -> Iterator[Finding]:
    first, *others = checks_of(subject.kind)
    built = _run(first, subject)
    yield built
    for run in others:
        yield _run(run, subject) if built.outcome == "passed" else Finding(name_of(run), "skipped", "cannot be built")


def _run(run: Check, subject: AnySubject) -> Finding:
    """One check, with random numbers of its own."""
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
