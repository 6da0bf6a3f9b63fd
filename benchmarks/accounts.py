"""Whether a node's reports balance, received = processed + dropped + skipped + waiting, and its log has no error."""

from __future__ import annotations

from collections.abc import Mapping

# One being processed, one queued, one that its counter has and the queue has not yet; one in a set that is not whole.
MAX_WAITING = 4
# Pairs: every message may wait for its partner.
MAX_WAITING_FOR_PARTNER = 31


def imbalance(status: Mapping[str, str]) -> str:
    """Say what is wrong with the numbers of one line of a node's report; "" = they balance."""
    numbers = {name: int(value) for name, value in status.items() if value.lstrip("-").isdigit()}
    if "too_few_cameras" in numbers:
        return imbalance_of_sets(numbers)
    for name, bound in (("waiting", MAX_WAITING), ("waiting_for_partner", MAX_WAITING_FOR_PARTNER)):
        if not 0 <= numbers.get(name, 0) <= bound:
            return f"{name} is {numbers[name]}"
    if "paired" in numbers:
        ends = numbers["paired"] + numbers["without_partner"] + numbers["waiting_for_partner"]
    else:
        ends = sum(numbers[name] for name in ("processed", "dropped", "skipped", "waiting"))
    if numbers["received"] != ends:
        return f"{numbers['received']} received, {ends} accounted for"
    for end in ("skipped", "dropped"):
        reasons = sum(number for name, number in numbers.items() if name.startswith(f"{end}: "))
        if reasons != numbers[end]:
            return f"{numbers[end]} {end}, {reasons} of them with a reason"
    return ""


def imbalance_of_sets(numbers: Mapping[str, int]) -> str:
    """Say what is wrong with the numbers of the line `camera sets`; "" = they balance."""
    missing = {name: number for name, number in numbers.items() if name.startswith("missing: ")}
    incomplete = numbers["partial"] + numbers["too_few_cameras"]
    # The report may be made between the counts of one set: first the cameras that it lacks, then the set.
    if any(number > incomplete + 1 for number in missing.values()):
        return f"{incomplete} sets without a camera, {missing}"
    if not incomplete <= sum(missing.values()) <= (len(missing) - 1) * (incomplete + 1):
        return f"{incomplete} sets without a camera, {sum(missing.values())} cameras missing"
    if numbers["dropped"] > numbers["complete"] + numbers["partial"]:
        return f"{numbers['dropped']} dropped of {numbers['complete'] + numbers['partial']} sets"
    return ""


def internal_errors(log: str) -> list[str]:
    """Return the lines of a node's log that tell of errors which it does not raise on purpose."""
    return [line for line in log.splitlines() if "skipped [internal error]" in line]
