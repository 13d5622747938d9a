"""What the languages agree on: spec, manifest, bundle."""
