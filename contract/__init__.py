"""The contract between all languages: stages, invariants, JSON Schemas, golden vectors and their generator."""
