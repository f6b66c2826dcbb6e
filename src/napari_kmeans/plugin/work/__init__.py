"""What happens off the Qt thread: runs, and what follows a moving field.

- `runs`: read a source, cluster it; `shared`: several sources in one palette
- `painting`: labels and colors of all pixels; `draft`: of what is on the screen
- `warm_up`: compile the code of all that beforehand
- `job`: the workers; `live`: the newest work only, while a field moves
"""
