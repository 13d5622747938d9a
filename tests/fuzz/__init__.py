"""A seeded fuzzer of whatever a person feeds to the reader: `python -m tests.fuzz`, or `make fuzz` for 10,000 cases."""
