"""What of the landmarks a model sees, one view per file; pure NumPy.

A view is called as `view(points, found, size) -> (n, ...) float32`: points (n, 68, 2) in pixels of the augmented image, found
(n,) bool, size the image's side. A view that shows one face's landmarks with another face's image also has
`sources(rows, rng) -> rows`.
"""
