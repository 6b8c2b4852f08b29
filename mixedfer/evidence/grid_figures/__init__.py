"""The figures of a report over a grid, one per file. A new file is a new figure; nothing else needs to change.

Every module has

    ORDER              its place among the figures of its section
    pictures(grid)     -> list of `pictures.Picture`, each with its section; empty where this grid has nothing to show

`grid` is the content of results.json, see `grid.collect`.
"""
