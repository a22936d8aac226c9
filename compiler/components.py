"""Strongly connected components: which nodes of a graph reach each other.  Knows nothing of what the nodes are.

Tarjan's algorithm with its stack as a list, so any depth will do; linear in nodes and edges.
Source: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Computing 1(2), 1972.
"""

from __future__ import annotations


def strong_components(edges: list[list[int]]) -> list[list[int]]:
    """The components, by the nodes each node leads to: callees before callers, the nodes of each in ascending order."""
    size = len(edges)
    index = [-1] * size
    low = [0] * size
    on_stack = [False] * size
    stack: list[int] = []
    components: list[list[int]] = []
    counter = 0
    for start in range(size):
        if index[start] >= 0:
            continue
        work = [(start, 0)]
        while work:
            v, at = work.pop()
            if at == 0:
                index[v] = low[v] = counter
                counter += 1
                stack.append(v)
                on_stack[v] = True
            elif at > 0:
                w = edges[v][at - 1]
                low[v] = min(low[v], low[w])
            descended = False
            while at < len(edges[v]):
                w = edges[v][at]
                at += 1
                if index[w] < 0:
                    work.append((v, at))
                    work.append((w, 0))
                    descended = True
                    break
                if on_stack[w]:
                    low[v] = min(low[v], index[w])
            if descended:
                continue
            if low[v] == index[v]:
                component = []
                while True:
                    w = stack.pop()
                    on_stack[w] = False
                    component.append(w)
                    if w == v:
                        break
                components.append(sorted(component))
    return components
