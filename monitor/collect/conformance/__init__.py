"""What every connector must do, tried out on a made-up source over loopback; for other people's connectors too.

    def test_my_connector_keeps_the_contract():
        assert problems(STAGE) == []

A `Stage` is the made-up source; docs/connectors.md shows one. Nothing but this computer is asked.
"""

from monitor.collect.conformance.kit import CHECKS, Checked, check, problems
from monitor.collect.conformance.stage import Request, Response, Stage

__all__ = ["CHECKS", "Checked", "Request", "Response", "Stage", "check", "problems"]
