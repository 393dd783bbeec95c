"""The parts of `./linnet fuzz`: the two systems that run tests/fuzz, and what is made of their answers."""
