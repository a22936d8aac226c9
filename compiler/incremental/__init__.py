"""Builds that reuse what has not changed: the queries of the compiler and the session that asks them."""
