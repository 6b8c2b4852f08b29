"""What comes beside studies and after them: labels for faces that have none, trained arms at work. By command:

    export      `export` writes a bundle (`bundle`: its `form`, `card`, `components`, `architecture`, `trained`, `placement`)
    predict     `batch_prediction`, `playback` of a `video` with `smoothing`; `rows` and `annotating` say what was answered
    finetune    `finetuning` of the network's head (`heads`) and layers to pictures of one's own (`adaptation`, `tuned_answers`)
    serve       `serving` of a `page`, behind a guard (`guarding`): `upload` -> `side_by_side` -> `wire`
    label       `labelling`: `gathering`, `mosaic`, `teachers`, their `journal`, and the `labels` that come of it

All of them answer by `prediction`: a `finder` looks for the faces in a picture, a `network` is asked about them.
"""
