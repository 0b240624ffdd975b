"""From counts to incidents, and from incidents to reasons."""
