"""The private store and the published copy: opens, upgrades, saves."""
