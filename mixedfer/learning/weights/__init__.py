"""Sources of weights that a backbone starts from, one per file. Each is a frozen dataclass with these:

`sha256` of its file, the only thing of it that names a run; `SUFFIX` of its file's name; `preprocessing`, by which its network
took pixels of 0..255 when it was trained ("caffe", "torch" or "tf", as `keras.applications` has them), which the backbone
applies; `find() -> Path` of the file where none is given with --weights; `read(path) -> {"block1_conv1/kernel": array, ...}`,
float32.
"""
