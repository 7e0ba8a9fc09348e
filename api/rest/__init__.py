"""The JSON interface under /api/v1; pydantic models live only here."""
