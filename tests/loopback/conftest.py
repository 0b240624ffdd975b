"""The server as a fixture."""

from tests.loopback.server import loopback as loopback
