"""The databases that are asked: read only, within an organisation, and no longer than allowed."""
