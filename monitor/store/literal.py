"""A text or a path as it stands in SQL, where a statement takes no parameters."""


def literal(value: object) -> str:
    """The value between quotation marks, those within it doubled.

    >>> literal("today's")
    "'today''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"
