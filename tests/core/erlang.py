"""The queueing theory that the engine must agree with, in closed form, and the same queues walked customer by customer.

Erlang C (M/M/n): Poisson arrivals, exponential service, nobody gives up. Erlang A (M/M/n+M): exponential patience.
Check values for both stand in FEATURES §6.1. `waits` is the recursion of Kiefer and Wolfowitz: with first come, first
served, the waiting times follow from arrivals and service times alone, so an engine can be compared wait by wait.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass


def erlang_b(load: float, agents: int) -> float:
    """Share of calls lost when nobody can wait; `load` in erlangs (arrival rate × service time)."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Share of calls that must wait. The load must be less than the agents can carry."""
    blocked = erlang_b(load, agents)
    return agents * blocked / (agents - load * (1.0 - blocked))


def mean_wait_s(load: float, agents: int, service_s: float) -> float:
    """Mean wait of all calls, those that need not wait counted as 0."""
    return erlang_c(load, agents) * service_s / (agents - load)


def service_level(load: float, agents: int, service_s: float, within_s: float) -> float:
    """Share of calls answered within so many seconds."""
    return 1.0 - erlang_c(load, agents) * math.exp(-(agents - load) * within_s / service_s)


@dataclass(frozen=True)
class Impatient:
    """Erlang A: what comes of callers who give up."""

    waits: float
    """Share that must wait."""
    abandoned: float
    """Share that gives up."""
    mean_wait_s: float
    """Of all, those that gave up until then."""


def erlang_a(load: float, agents: int, service_s: float, patience_s: float) -> Impatient:
    """M/M/n+M, from the balance of its birth-death chain; states beyond any weight are left out."""
    weights = [1.0]
    in_system = 0
    while in_system <= agents + 10 or weights[-1] > 1e-15 * max(weights):
        in_system += 1
        leaving = min(in_system, agents) + max(in_system - agents, 0) * service_s / patience_s
        weights.append(weights[-1] * load / leaving)
    total = math.fsum(weights)
    queued = math.fsum(max(n - agents, 0) * weight for n, weight in enumerate(weights)) / total
    wait_s = queued * service_s / load  # Little's law: queue length / arrival rate
    return Impatient(math.fsum(weights[agents:]) / total, wait_s / patience_s, wait_s)


def waits(arrivals_s: Sequence[float], services_s: Sequence[float], agents: int) -> list[float]:
    """How long each caller waits for one of so many agents, first come, first served."""
    free_at = [0.0] * agents
    found: list[float] = []
    for arrival, service in zip(arrivals_s, services_s, strict=True):
        begins = max(arrival, free_at[0])
        heapq.heapreplace(free_at, begins + service)
        found.append(begins - arrival)
    return found


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error."""

    mean: float
    error: float

    def agrees_with(self, value: float) -> bool:
        """Whether a value is within three standard errors."""
        return abs(self.mean - value) <= 3 * self.error


def estimate(values: Sequence[float], batches: int = 20) -> Estimate:
    """Mean and standard error of a series whose neighbours depend on each other, by means of batches."""
    size = len(values) // batches
    means = [math.fsum(values[at * size : (at + 1) * size]) / size for at in range(batches)]
    mean = math.fsum(means) / batches
    variance = math.fsum((one - mean) ** 2 for one in means) / (batches - 1)
    return Estimate(mean, math.sqrt(variance / batches))
