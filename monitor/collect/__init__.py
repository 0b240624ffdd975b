"""The connector contract: what every source offers, and what passes between it and the core."""
