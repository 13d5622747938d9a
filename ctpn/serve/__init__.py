"""The apps' backend: reads photos, delivers signed bundles, collects phones' benchmarks. `python -m ctpn.serve` starts it."""
