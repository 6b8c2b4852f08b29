"""Pictures -> FaceSet: read, detect, align, crop, find landmarks, split."""
