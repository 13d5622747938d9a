"""All stored results as one Markdown and one HTML page, and README's table: python -m benchmarks.report"""
