"""The configuration: `models` says what may be written, `load` reads the file and explains errors."""
