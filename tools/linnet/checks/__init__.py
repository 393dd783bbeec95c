"""The parts of `./linnet check`. Each has check(options), which returns (problems, remarks): lists of lines."""
