"""Files to upright RGB, and RGB to what a network takes."""
