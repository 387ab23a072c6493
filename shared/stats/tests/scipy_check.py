"""Recomputes what the Rust test sends, with scipy, and reports what differs.

Reads {"cases": [{"kind", "arguments", "ours", "tolerance"}]} from standard input; `ours` is a list of numbers.
"""

import json
import math
import sys

import numpy
from scipy import integrate, stats


def mean(values):
    return [numpy.mean(values), stats.sem(values)]


def sample_ratio(exposures, weights):
    expected = numpy.array(weights) / sum(weights) * sum(exposures)
    return list(stats.chisquare(exposures, expected))


def wilson(successes, trials, alpha):
    interval = stats.binomtest(successes, trials).proportion_ci(1 - alpha, method="wilson")
    return [interval.low, interval.high]


def fixed_horizon(variance, effect, alpha, power):
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return [math.ceil(2 * variance * z**2 / effect**2)]


def sequence(standard_error, samples, alpha, tightest_at):
    variance = samples * standard_error**2
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tightest_at
    grown = samples * rho2 + 1
    common = 2 * grown / (samples**2 * rho2) * variance
    two_sided = math.sqrt(common * math.log(math.sqrt(grown) / alpha))
    one_sided = math.sqrt(common * math.log(1 + math.sqrt(grown) / (2 * alpha)))
    return [two_sided, one_sided]


def probability_best(family, parameters, lower_is_better):
    arms = [getattr(stats, family)(*pair) for pair in parameters]
    return [chance(arms, index, lower_is_better) for index in range(len(arms))]


def chance(arms, index, lower_is_better):
    arm = arms[index]
    others = [other.sf if lower_is_better else other.cdf for i, other in enumerate(arms) if i != index]

    def integrand(x):
        return arm.pdf(x) * math.prod(beats(x) for beats in others)

    # Over quantiles, so that the quadrature sees the mass of every arm wherever it lies.
    levels = [1e-17, 1e-9, 1e-4, 0.02, 0.16, 0.5]
    cuts = {q for a in arms for level in levels for q in (a.ppf(level), a.isf(level))}
    cuts = sorted(q for q in cuts if arm.ppf(1e-17) <= q <= arm.isf(1e-17))
    pieces = (integrate.quad(integrand, low, high, epsabs=1e-14, epsrel=1e-12)[0] for low, high in zip(cuts, cuts[1:]))
    return math.fsum(pieces)


KINDS = {
    function.__name__: function
    for function in (mean, sample_ratio, wilson, fixed_horizon, sequence, probability_best)
}


def main():
    wrong = 0
    cases = json.load(sys.stdin)["cases"]
    for case in cases:
        theirs = [float(value) for value in KINDS[case["kind"]](*case["arguments"])]
        if not numpy.allclose(case["ours"], theirs, rtol=case["tolerance"], atol=case["tolerance"]):
            wrong += 1
            print(f"{case['kind']}{case['arguments']}: ours {case['ours']}, scipy {theirs}")
    print(f"{len(cases)} cases against scipy, {wrong} differ")
    sys.exit(wrong > 0)


main()
