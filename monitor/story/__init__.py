"""The made story: three invented brands, 42 days, three things that happen."""
