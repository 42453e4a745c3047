"""The request that began an operation, which its end in the activity log names."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operations", sa.Column("asked", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("operations", "asked")
