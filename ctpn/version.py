"""The version, alone so that packaging need not import the rest."""

__version__ = "0.1.0"
