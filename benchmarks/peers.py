"""Other detectors on the same noise and rises, each at its own one false alert a month; none of them is needed to run the program."""

import importlib.util

import numpy as np
from noise import DAY, WARM, delays, draw, level_of_one, planted, rates_of, strengths

from monitor.detect.series import BINS_AN_HOUR

SIZE = 20
WEEK = 7 * DAY
ROWS = (
    ("Poisson", 0.1, 5),
    ("Poisson", 1.0, 3),
    ("Poisson", 10.0, 2),
    ("bursty", 1.0, 5),
    ("bursty", 10.0, 5),
)


def rolling_z(counts):
    """Standard deviations above the mean of the week before."""
    sums = np.concatenate((np.zeros((1, counts.shape[1])), np.cumsum(counts, 0)))
    squares = np.concatenate((np.zeros((1, counts.shape[1])), np.cumsum(counts**2, 0)))
    ends = np.arange(len(counts))
    first = np.maximum(ends - WEEK, 0)
    size = np.maximum(ends - first, 1)[:, None]
    mean = (sums[ends] - sums[first]) / size
    spread = np.sqrt(np.maximum((squares[ends] - squares[first]) / size - mean**2, 1e-9))
    return np.where(ends[:, None] >= DAY, (counts - mean) / spread, np.nan)


def ewma(counts, *, hour=2 / 13, days=2 / (4 * DAY + 1)):
    """An hour's exponential mean against that of four days, in its standard deviations."""
    fast, slow, spread, values = counts[0].copy(), counts[0].copy(), counts[0] + 1.0, np.empty(counts.shape)
    for number, now in enumerate(counts):
        fast += hour * (now - fast)
        values[number] = (fast - slow) / np.sqrt(spread * hour / (2 - hour) + 1e-9)
        spread += days * ((now - slow) ** 2 - spread)
        slow += days * (now - slow)
    return values


def seasonal_trend(counts):
    """Residuals of hourly counts from STL (statsmodels) of the two weeks before, refitted daily, in its standard deviations."""
    from statsmodels.tsa.seasonal import STL

    hourly = np.add.reduceat(counts, np.arange(0, len(counts), BINS_AN_HOUR), axis=0)
    values = np.full(counts.shape, np.nan)
    for series in range(counts.shape[1]):
        for day in range(14, len(counts) // DAY):
            fit = STL(hourly[24 * (day - 14) : 24 * day, series], period=24).fit()
            expected = (fit.seasonal[-24:] + fit.trend[-24:]).repeat(BINS_AN_HOUR) / BINS_AN_HOUR
            spread = max(fit.resid.std() / BINS_AN_HOUR, 1e-9)
            past = counts[day * DAY - 11 : (day + 1) * DAY, series]
            values[day * DAY : (day + 1) * DAY, series] = (np.convolve(past, np.ones(12) / 12, "valid") - expected) / spread
    return values


def change_point(counts):
    """Gain of one change point in the hours of the trailing week (ruptures, Binseg, l2), where the level rises; once an hour."""
    import ruptures

    hourly = np.add.reduceat(counts, np.arange(0, len(counts), BINS_AN_HOUR), axis=0)
    values = np.full(counts.shape, np.nan)
    for series in range(counts.shape[1]):
        for hour in range(24 * 7, len(hourly)):
            week = np.sqrt(hourly[hour - 24 * 7 + 1 : hour + 1, series] + 3 / 8)
            at = ruptures.Binseg(model="l2", min_size=1, jump=1).fit(week).predict(n_bkps=1)[0]
            rise = week[at:].mean() - week[:at].mean() if 0 < at < len(week) else 0.0
            end = (hour + 1) * BINS_AN_HOUR
            values[end - 1 : end, series] = max(rise, 0.0) * np.sqrt(at * (len(week) - at) / len(week)) / (week.std() + 0.1)
    return values


def page_hinkley(counts):
    """The statistic of river's PageHinkley on roots of counts, upwards, forgetting over a day."""
    from river import drift

    values = np.empty(counts.shape)
    for series in range(counts.shape[1]):
        detector = drift.PageHinkley(min_instances=DAY, delta=0.15, threshold=np.inf, alpha=1 - 1 / DAY, mode="up")
        for number, value in enumerate(np.sqrt(counts[:, series] + 3 / 8)):
            detector.update(float(value))
            values[number, series] = max(0.0, detector._sum_increase - detector._min_increase)
    return values


PEERS = {
    "rolling z": (rolling_z, None),
    "EWMA": (ewma, None),
    "STL": (seasonal_trend, "statsmodels"),
    "ruptures": (change_point, "ruptures"),
    "river": (page_hinkley, "river"),
}


def compare():
    """Print mean delays in minutes, ours first."""
    there = {name: detector for name, (detector, package) in PEERS.items() if package is None or importlib.util.find_spec(package)}
    for name in PEERS.keys() - there.keys():
        print(f"\n{name} is left out: {PEERS[name][1]} is not installed")
    detectors = {"ours": strengths, **there}
    print(f"\nmean delay in minutes at one false alert a series-month, {SIZE} series-months; not told within a week counts as a week")
    print(f"{'noise':<9}{'a bin':>7}{'':>7}" + "".join(f"{name:>12}" for name in detectors))
    for kind, level, shift in ROWS:
        still = draw(kind, rates_of(kind, level, 2 * WARM), np.random.default_rng(5), SIZE)
        rising, _, onset = planted(kind, level, shift, size=SIZE, seed=6)
        told = [delays(detector(rising), level_of_one(detector(still)), onset).mean() for detector in detectors.values()]
        print(f"{kind:<9}{level:>7g} x {shift:<4}" + "".join(f"{each:>12.1f}" for each in told), flush=True)
