"""From a text to what it says: whose it is, how it feels."""
