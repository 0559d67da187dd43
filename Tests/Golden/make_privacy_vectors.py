"""Writes Tests/Golden/privacy: Google's dp-accounting (0.6) over a grid, and what NumPy, SciPy and mpmath compute from definitions.
Run from the top folder with dp-accounting, scipy and mpmath installed."""

import json, math, os
import dp_accounting as dp
import mpmath
import numpy as np
from dp_accounting.pld import PLDAccountant, pld_pmf
from dp_accounting.rdp import RdpAccountant
from scipy.special import ive, log_ndtr

OUT = "Tests/Golden/privacy"
DELTAS = [1e-5, 1e-8]


def write(name, rows):
    os.makedirs(OUT, exist_ok=True)
    with open(f"{OUT}/{name}.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def event(q, z, rounds):
    inner = dp.GaussianDpEvent(z)
    return dp.SelfComposedDpEvent(dp.PoissonSampledDpEvent(q, inner) if q < 1 else inner, rounds)


def poisson():
    rows = []
    for q in [0.001, 0.01, 0.1, 0.5, 1.0]:
        for z in [0.6, 1.1, 4.28, 10.0]:
            for rounds in [1, 30, 1000]:
                e = event(q, z, rounds)
                rdp = RdpAccountant().compose(e)
                pld = PLDAccountant(value_discretization_interval=1e-4).compose(e)
                for delta in DELTAS:
                    r, p = rdp.get_epsilon(delta), pld.get_epsilon(delta)
                    if r < 100 and math.isfinite(p):
                        rows.append(dict(q=q, z=z, rounds=rounds, delta=delta, rdp=r, pld=p))
    write("poisson", rows)


def fixed_size():
    """Rényi: Google's accountant. Loss distribution: theorem 11 of Zhu, Dong, Wang (2022), written down here, on Google's grid."""
    rows = []
    for population, cohort in [(1000, 100), (1000, 10), (100, 50)]:
        q = cohort / population
        for z in [1.0, 2.0, 4.0, 8.5]:
            h = 1e-3

            def tail(x):
                return math.exp(log_ndtr(-x))

            def profile(e):
                # H(mixture || N(0)) above 0, H(N(0) || mixture) below.
                y = (math.exp(abs(e)) - (1 - q)) / q
                x = z * z * math.log(y) + 0.5
                removed = q * (tail((x - 1) / z) - y * tail(x / z))
                return removed if e >= 0 else 1 - math.exp(e) + math.exp(e) * removed

            top = math.ceil(math.log1p(q * math.expm1((1 + 20 * z) / (2 * z * z))) / h)
            # By symmetry of the two directions: δ(-ε) = 1 - e^-ε + e^-ε δ(ε).
            grid = [profile(i * h) for i in range(-top, top + 1)]
            one = pld_pmf.create_pmf_pessimistic_connect_dots_fixed_gap(h, -top, top, grid)
            for rounds in [1, 10, 100]:
                e = dp.SelfComposedDpEvent(dp.SampledWithoutReplacementDpEvent(population, cohort, dp.GaussianDpEvent(z)), rounds)
                rdp = RdpAccountant(neighboring_relation=dp.NeighboringRelation.REPLACE_ONE).compose(e)
                composed = one.self_compose(rounds, 1e-15)
                for delta in DELTAS:
                    rows.append(dict(population=population, cohort=cohort, z=z, rounds=rounds, delta=delta,
                                     rdp=rdp.get_epsilon(delta), pld=composed.get_epsilon_for_delta(delta)))
    write("fixed_size", rows)


def moments():
    """log E[(L - 1)^j] from its definition with 400 digits."""
    mpmath.mp.dps = 200
    rows = []
    for z in [0.5, 1, 2, 8.5, 40]:
        for j in [2, 4, 10, 40, 128]:
            total = sum((-1) ** (j - i) * mpmath.binomial(j, i) * mpmath.e ** (mpmath.mpf(i * (i - 1)) / (2 * mpmath.mpf(z) ** 2)) for i in range(j + 1))
            rows.append(dict(z=z, order=j, log=float(mpmath.log(total))))
    write("moments", rows)


def fixed_size_divergence():
    """Theorem 27 of Wang, Balle, Kasiviswanathan (2019) with 200 digits, which its differences need."""
    mpmath.mp.dps = 200
    rows = []
    for q, z, a in [(0.1, 8.5, 63), (0.1, 8.5, 256), (0.01, 8.5, 128), (0.01, 4, 63), (0.5, 2, 17), (0.1, 1, 8)]:
        Q, Z = mpmath.mpf(q), mpmath.mpf(z)
        even = {j: sum((-1) ** (j - i) * mpmath.binomial(j, i) * mpmath.e ** (i * (i - 1) / (2 * Z * Z)) for i in range(j + 1)) for j in range(2, a + 2, 2)}
        second = mpmath.e ** (1 / (Z * Z))
        total = 1 + mpmath.binomial(a, 2) * Q ** 2 * min(4 * (second - 1), 2 * second)
        for j in range(3, a + 1):
            term = min(2 * mpmath.e ** (j * (j - 1) / (2 * Z * Z)), 4 * mpmath.sqrt(even[j // 2 * 2] * even[(j + 1) // 2 * 2]))
            total += mpmath.binomial(a, j) * Q ** j * term
        rows.append(dict(population=1000, cohort=round(1000 * q), z=z, order=a, divergence=float(mpmath.log(total) / (a - 1))))
    write("fixed_size_divergence", rows)


def sampled_divergence():
    """Mironov, Talwar, Zhang (2019): the integral itself, with mpmath's quadrature."""
    mpmath.mp.dps = 25
    rows = []
    for q in [1e-6, 1e-2, 0.5]:
        for z in [0.6, 4.28, 40]:
            for a in [1.1, 2, 3.7, 10.9, 32]:
                Q, Z, A = mpmath.mpf(q), mpmath.mpf(z), mpmath.mpf(a)
                f = lambda t: mpmath.npdf(t) * (((1 - Q) + Q * mpmath.exp(t / Z - 1 / (2 * Z * Z))) ** A - 1)
                end = a / z + 14
                value = mpmath.quad(f, mpmath.linspace(-14, end, int(end / 2 + 7)))
                rows.append(dict(q=q, z=z, order=a, divergence=float(mpmath.log(1 + value) / (A - 1))))
    write("sampled", rows)


def skellam():
    """The divergence of Skellam noise from the same shifted by a whole number, summed up."""
    rows = []
    for variance in [0.5, 2.0, 10.0, 100.0, 2500.0]:
        reach = int(60 * math.sqrt(variance) + 400)
        for shift in [1, 2, 5]:
            for a in [2, 3, 8, 32]:
                k = np.arange(-reach, reach + shift * a + 1)
                with np.errstate(divide="ignore"):
                    log = lambda x: np.log(ive(np.abs(x), variance))
                    terms = a * log(k - shift) + (1 - a) * log(k)
                ok = np.isfinite(terms)
                # What underflows is cut off: the sum is from below, so the row is a lower bound, exact where the tails are small.
                m = terms[ok].max()
                if np.argmax(np.where(ok, terms, -np.inf)) in (np.flatnonzero(ok)[0], np.flatnonzero(ok)[-1]):
                    continue
                rows.append(dict(variance=variance, shift=shift, order=a, divergence=float((m + math.log(np.exp(terms[ok] - m).sum())) / (a - 1))))
    write("skellam", rows)


if __name__ == "__main__":
    moments()
    fixed_size_divergence()
    skellam()
    fixed_size()
    poisson()
    sampled_divergence()
