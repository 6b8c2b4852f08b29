"""A Ray cluster: how this process joins it, which nodes can work, and what has to travel to them.

No file system need be shared. Nodes have mixedfer installed; that theirs is this machine's is seen to before any work.
"""
