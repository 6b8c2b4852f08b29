"""The peer's first script: dlib and imutils in a loop over the pictures, as tutorials show it.

    python plain_landmarks.py fer2013.csv shape_predictor_68_face_landmarks.dat faces.npz

Nothing of mixedfer is used here. Where no face is found the whole picture is taken for one, as the study says.
"""

import csv
import sys


def main(source, model, out):
    import dlib
    import numpy as np
    from imutils import face_utils

    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(model)
    images, landmarks, emotions, usages, found = [], [], [], [], 0
    with open(source) as file:
        for row in csv.DictReader(file):
            image = np.fromstring(row["pixels"], dtype=np.uint8, sep=" ").reshape(48, 48)
            faces = detector(image, 1)
            found += len(faces) > 0
            face = faces[0] if faces else dlib.rectangle(0, 0, 47, 47)
            landmarks.append(face_utils.shape_to_np(predictor(image, face)))
            images.append(image)
            emotions.append(int(row["emotion"]))
            usages.append(row["Usage"])
    np.savez(out, images=images, landmarks=landmarks, emotions=emotions, usages=usages)
    print(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
