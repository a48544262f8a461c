"""How fast the window is, as ratios: to the cheapest reading possible, and to the usual way.

`python -m bench` runs everything, prints a table and writes `bench/results.json`. Figures of one
run may be compared with each other, not with those of another machine or hour.
"""
