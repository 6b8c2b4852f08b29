"""The figures of a report, one per file. A new file is a new figure; nothing else needs to change.

Every figure module has

    SECTION, ORDER             the section of the report that it stands in, by its name there, and its place among the figures
    TITLE                      its heading
    NUMBERS                    the table to stand below it (optional)
    draw(results, summary)     -> matplotlib Figure; never fails for want of data: it says what is missing
    caption(results, summary)  -> what is shown and how to read it, in one or two sentences
    alt(results, summary)      -> what a reader who cannot see the figure should know
    applies(results, summary)  -> whether there is anything to draw (optional; always, where a module has none)

and computes first, then draws. `results` (a `results.Results`) holds every prediction, `summary` the numbers of
results.json; a figure takes what it needs from either.
"""
