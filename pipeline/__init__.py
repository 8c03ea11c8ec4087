"""From one Marp deck to a proven site.

`decks` finds sources, `marp` renders them, `deck` reads Marp's output back, `artifacts` makes the files of a deck,
`pages` turns decks into Markdown, `site` lets MkDocs build, `checks` looks at the result with `browser`, `links` and
`pdf`, `publish` swaps it in. `commands` puts them in order; `toolchain` comes before all of them.
"""
