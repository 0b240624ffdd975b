"""What all tests share: made-up inputs are the same in every run, and leave no files behind."""

from hypothesis import HealthCheck, settings

settings.register_profile("here", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")
