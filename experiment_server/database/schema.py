"""All tables of all rooms, as one: what migrations are checked against."""

from sqlalchemy import MetaData

from experiment_server.database import books, labellings, tables
from experiment_server.database.base import Base

MODULES = (tables, books, labellings)  # importing them is what fills the schema
METADATA: MetaData = Base.metadata
