"""All stored results as one Markdown page with plots: python -m benchmarks.report"""
