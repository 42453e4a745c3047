"""The image that an instance's machine is on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("computes", sa.Column("image_version", sa.String(), nullable=True))
    # Due at once, so that the reconciler looks at what has settled and notes its image.
    op.execute("UPDATE computes SET due_at = state_since WHERE due_at IS NULL")


def downgrade() -> None:
    op.drop_column("computes", "image_version")
