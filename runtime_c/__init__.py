"""The C runtime and its build; see zr.h."""
