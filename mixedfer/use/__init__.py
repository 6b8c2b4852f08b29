"""What comes beside studies and after them: labels for faces that have none, trained arms at work.

A trained arm is kept as a bundle (`bundle`, written by `export` with its `card`), whose parts are found again by `components`
and whose networks are loaded by `architecture`; `prediction` asks them about pictures.
"""
