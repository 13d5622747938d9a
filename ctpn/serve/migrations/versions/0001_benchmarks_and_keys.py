"""Phones' benchmarks and API keys."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "benchmarks",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("received", sa.String(20), nullable=False),
        sa.Column("app", sa.String(100), nullable=False, index=True),
        sa.Column("device", sa.String(100), nullable=False, index=True),
        sa.Column("manifest", sa.String(64), nullable=False, index=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("created", sa.String(20), nullable=False),
        sa.Column("revoked", sa.String(20)),
    )


def downgrade() -> None:
    """Remove them, with all that they hold."""
    op.drop_table("api_keys")
    op.drop_table("benchmarks")
