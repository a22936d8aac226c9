"""Demand-driven, remembered work: knows keys, values and edges, and nothing of any language."""
