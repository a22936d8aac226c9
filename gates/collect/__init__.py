"""Collectors: programs that run the compiler or the runtime, or look at the tree, and write samples.

Each is `python -m gates.collect.<name> --out FOLDER` and writes samples.tsv, and skipped.tsv for what
could not be measured here.  They judge nothing and import no compiler.  A new collector is a module
here and a row in ledgers/collectors.tsv.
"""
