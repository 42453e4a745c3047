"""Virtual networks, their subnets, and which instance is in which."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "virtual_networks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("resource_group", sa.String(), nullable=False),
        sa.Column("group_folded", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("prefixes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_by_type", sa.String(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_by", sa.String(), nullable=False),
        sa.Column("modified_by_type", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_virtual_networks")),
        sa.UniqueConstraint(
            "subscription",
            "group_folded",
            "name_folded",
            name=op.f("uq_virtual_networks_subscription_group_folded_name_folded"),
        ),
    )
    op.create_table(
        "subnets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network"], ["virtual_networks.id"], name=op.f("fk_subnets_network")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subnets")),
        sa.UniqueConstraint("network", "name_folded", name=op.f("uq_subnets_network_name_folded")),
    )
    op.create_index(op.f("ix_subnets_location"), "subnets", ["location"])
    with op.batch_alter_table("computes") as batch_op:
        batch_op.add_column(sa.Column("private_ip", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("subnet", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("subnet_prefix", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_computes_subnet"), ["subnet"])


def downgrade() -> None:
    with op.batch_alter_table("computes") as batch_op:
        batch_op.drop_index(batch_op.f("ix_computes_subnet"))
        batch_op.drop_column("subnet_prefix")
        batch_op.drop_column("subnet")
        batch_op.drop_column("private_ip")
    op.drop_index(op.f("ix_subnets_location"), table_name="subnets")
    op.drop_table("subnets")
    op.drop_table("virtual_networks")
