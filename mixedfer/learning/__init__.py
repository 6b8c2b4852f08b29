"""FaceSet + Cell -> record. What a study file names here (backbones, views, ...) imports no Keras until it is used."""
