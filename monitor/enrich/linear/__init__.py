"""A small model of a company's own labels: fitted from a file of texts, scored in plain Python."""
