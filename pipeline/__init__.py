"""From one Marp deck to a proven site.

`decks` finds and reads sources, `marp` renders them, `deck` reads Marp's output back, `pages` turns it into
Markdown, `site` lets MkDocs build, `browser` and `links` look at the result, `publish` swaps it in.
"""
