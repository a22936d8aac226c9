"""Gates: claims as YAML, collectors that measure, checks that judge, an engine that runs them.

Nothing here imports the compiler; collectors run it as a program.  A gate is a file `<gate>.yaml`.
"""
