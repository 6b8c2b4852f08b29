"""mixedfer: do facial landmarks help a facial-expression classifier, by how much, and how sure can you be?"""

__version__ = "0.1.0"
