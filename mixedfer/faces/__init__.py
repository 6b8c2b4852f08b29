"""Pictures -> FaceSet: read, detect, crop, find landmarks, split."""
