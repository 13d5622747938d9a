"""What every language obeys and no language owns."""
