"""Tests of the tools themselves: python3 -m unittest linnet.tests (./linnet test runs them)."""
