"""Which instances of a workspace changed last."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("computes") as batch_op:
        batch_op.add_column(
            sa.Column("changed", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_index(batch_op.f("ix_computes_workspace_changed"), ["workspace", "changed"])


def downgrade() -> None:
    with op.batch_alter_table("computes") as batch_op:
        batch_op.drop_index(batch_op.f("ix_computes_workspace_changed"))
        batch_op.drop_column("changed")
