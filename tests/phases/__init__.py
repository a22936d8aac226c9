"""Memory of the compiler by phase: the reference it is measured against, the generated project, and their tests."""
