"""The benchmarks: `python -m bench [--quick] [--json FILE] [--only NAME …] [--check]` (docs/benchmarks.md)."""
