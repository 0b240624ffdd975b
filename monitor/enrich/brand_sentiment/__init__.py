"""How a text feels about a brand: its name silent, complaint language known, clauses told apart, every score explained."""
