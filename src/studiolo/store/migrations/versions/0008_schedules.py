"""What starts and stops an instance by itself, and when the first of it is due."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("computes") as batch_op:
        batch_op.add_column(sa.Column("schedules", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("fires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_computes_location_fires_at"), ["location", "fires_at"])


def downgrade() -> None:
    with op.batch_alter_table("computes") as batch_op:
        batch_op.drop_index(batch_op.f("ix_computes_location_fires_at"))
        batch_op.drop_column("fires_at")
        batch_op.drop_column("schedules")
