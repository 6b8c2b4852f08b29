"""The commands beside studies and after them: `mixedfer label`, `mixedfer export`, `mixedfer finetune`, `mixedfer predict`,
`mixedfer serve`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixedfer.errors import BadInput
from mixedfer.options import (
    AUTO,
    STORE,
    Finders,
    Predictor,
    Quiet,
    Settings,
    Store,
    StudyFile,
    Threads,
    interruptible,
    silent,
)

app = typer.Typer()

Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A folder that `mixedfer export` wrote.")]
Cores = Annotated[int | None, typer.Option(min=1, metavar="N", help="Processor threads; all, unless given. As many as a run "
                                           "was trained with repeat its probabilities to the last bit.")]


@app.command(epilog="Example: mixedfer label photos/ --teacher http:https://HOST/emotion --set key=EMOTION_KEY --mosaic 50 "
                    "--out labels --price 0.001 --dry-run; the key itself is in the environment variable EMOTION_KEY. Another: "
                    "mixedfer label faces/ --teacher 'command:python ask.py' --set scores=emotion --set detector=WholeImage "
                    "--out labels")
@interruptible("What was found and answered is kept; the same command goes on from there.")
def label(sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Pictures, folders with pictures, or patterns "
                                                       "such as 'photos/*.jpg'.")],
          teacher: Annotated[str, typer.Option(metavar="KIND:PLACE", help="Who labels: http:ADDRESS, a service that is sent a "
                                               "picture; command:LINE, a command that gets its path; both answer in JSON; "
                                               "bundle:FOLDER, a trained arm.")],
          out: Annotated[Path, typer.Option(metavar="DIR", help="Where manifest, crops and answers are written.")],
          mosaic: Annotated[int, typer.Option(min=1, max=500, metavar="N", help="Faces on one picture to ask about.")] = 1,
          dry_run: Annotated[bool, typer.Option("--dry-run", "--cost-preview", help="Say what there is to ask and what it "
                                                "takes; ask nothing.")] = False,
          price: Annotated[float, typer.Option(min=0, metavar="P", help="What a question costs, for the preview.")] = 0.0,
          settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A field of the teacher or of "
                                                             "how faces are found: rate, timeout, key, faces, box, scores, "
                                                             "detector, upsample, border, subject, ... Repeatable.")] = None,
          store: Store = STORE, predictor: Predictor = None,
          workers: Finders = AUTO, quiet: Quiet = False) -> None:
    """Find all faces in pictures, ask a teacher about them, and write a manifest with soft labels that a study reads. The same
    command goes on after an interruption, and asks only about what has no answer yet.
    """
    from mixedfer import sizing, study_files
    from mixedfer.use import labelling, labels, teachers

    asked = study_files.varied(labelling.Labelling(teacher=teachers.of(teacher), mosaic=mosaic), settings or [])
    place = labelling.LabellingPlace(out, store, predictor, workers or sizing.preparing(), quiet)
    say = silent if quiet and not dry_run else typer.echo
    told = labelling.label(asked, sources, place, price=price, dry_run=dry_run, say=say)
    if told:
        typer.echo(labels.describe(told, out))


@app.command(epilog="Example: mixedfer export experiments/quickstart.py --arm mixed --out bundles/quickstart")
@interruptible("Nothing was written.")
def export(file: StudyFile, arm: Annotated[str, typer.Option(metavar="NAME", help="The arm whose network is kept.")],
           replicate: Annotated[str, typer.Option(metavar="WHICH", help="median (by test accuracy), a number counted from 1, "
                                                  "or all: an ensemble.")] = "median",
           point: Annotated[str, typer.Option(metavar="LABEL", help="Of a study with a grid: which point, such as "
                                              "width=0.25.")] = "",
           out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the bundle is written; bundles/STUDY-ARM, "
                                                    "unless given.")] = None,
           onnx: Annotated[bool, typer.Option("--onnx", help="Also write the network as ONNX, for other programs.")] = False,
           store: Store = STORE, settings: Settings = None) -> None:
    """Keep a trained arm: network, preparation, classes, calibration and model card in one folder. Trains nothing."""
    from mixedfer import runner, study_files
    from mixedfer.evidence import measured, results
    from mixedfer.learning import backend

    study = study_files.load(file, settings or [])
    labels = [one.label for one in runner.points(study, file.stem)]
    if point not in labels:
        raise BadInput(f"--point {point!r}: the study has {', '.join(filter(None, labels)) or 'no grid'}",
                       remedy="Name one of its points with --point." if study.grid else "Leave --point out.")
    place = labels.index(point)
    plan = runner.read_plans(study, file.stem, settings or [], store)[place]
    found = results.load(plan, store)
    chosen = measured.choose(found, arm, replicate)
    backend.quiet()
    backend.setup(1)
    from mixedfer.use import export as exporting

    folder = out or Path("bundles") / f"{plan.name}-{arm}".replace("/", "-")
    exporting.write(study.points()[place][1], plan, arm, chosen, measured.measure(found, arm, chosen), store, folder, onnx)
    told = ", ".join(str(number + 1) for number in chosen)
    typer.echo(f"Replicate {told} of {len(found.arms[arm].records)} of {arm}\nBundle: {folder}")


@app.command(epilog="Example: mixedfer finetune bundles/quickstart-mixed --data anna/ --set epochs=20 --set new_classes=smirk")
@interruptible("Nothing was written; faces that were found are kept.")
def finetune(bundle: Bundle,
             data: Annotated[Path, typer.Option(metavar="FOLDER", help="Class folders with pictures of one person, or of one "
                                                "place; new ones are named in new_classes. With --set dataset=Manifest, a "
                                                "folder with a list, such as label.csv.")],
             out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the new bundle is written; "
                                                      "bundles/BUNDLE-tuned, unless given.")] = None,
             settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="epochs_frozen, epochs, "
                                                                "head_rate, learning_rate, batch_size, held_out, seed, "
                                                                "new_classes, dataset, subject, ... Repeatable.")] = None,
             store: Store = STORE, predictor: Predictor = None, workers: Finders = AUTO, threads: Threads = 1,
             quiet: Quiet = False) -> None:
    """Adapt a bundle to one person's pictures: the last layer first, then all of it, slowly. Some pictures are held out, to say
    whether it got better; the study's own test images, where --store has them, whether it got worse there.
    """
    from mixedfer import sizing, study_files
    from mixedfer.evidence import before_after, duplicates, measured
    from mixedfer.learning import backend
    from mixedfer.use import adaptation, finetuning, tuned_answers
    from mixedfer.use import bundle as bundles

    asked, given = study_files.varied(finetuning.Finetuning(), settings or []), bundles.read(bundle)
    folder = out or Path("bundles") / f"{bundle.resolve().name}-tuned"
    finetuning.refuse_place(folder)
    place = adaptation.AdaptationPlace(data, store, predictor, workers or sizing.preparing(), quiet)
    faces = adaptation.gather(given, asked.dataset, asked.new_classes, place)
    parts = adaptation.hold_out(faces, given, duplicates.find(faces).alike, asked.held_out, asked.seed, data)
    backend.quiet()
    backend.setup(threads)
    made, history = finetuning.tune(given, faces, parts.train, asked, quiet)
    held_out = tuned_answers.answers(given, made, faces, parts.held_out)
    test = tuned_answers.check(given, made, faces.take("images", parts.train), store)
    judged = before_after.judge(held_out, test.answers, test.why, test.left_out, len(given.classes))
    numbers = measured.answers(held_out.truth, held_out.after, held_out.found, faces.classes)
    pictures = adaptation.account(faces, parts, given)
    told = finetuning.tell(asked, pictures, history, held_out, judged, numbers)
    finetuning.write(given, made, faces, parts, told, folder)
    for line in told["summary"]:
        typer.echo(line, err=line in told["warnings"])
    typer.echo(f"Bundle: {folder}")


@app.command(epilog="Example: mixedfer predict bundles/quickstart-mixed photos/ 'more/*.jpg' --out answers --annotate")
@interruptible("Rows in --out appear when all pictures and videos are done; give the command again.")
def predict(bundle: Bundle,
            sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Pictures, folders of pictures, "
                                                                "videos, patterns such as '**/*.jpg' or '*.mp4'.")] = None,
            camera: Annotated[str | None, typer.Option(metavar="N", help="Also a camera, by its number or the path of its "
                                                       "device; Ctrl-C, or q in its window, ends it.")] = None,
            out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write predictions.jsonl and predictions.csv there, "
                                                     "not to the terminal.")] = None,
            json: Annotated[bool, typer.Option("--json", help="Only lines of JSON; what is printed without --out.")] = False,
            csv: Annotated[bool, typer.Option("--csv", help="Only CSV, without landmarks.")] = False,
            annotate: Annotated[bool, typer.Option("--annotate", help="With --out, also copies of the pictures with boxes, "
                                                   "landmarks, answers and probabilities.")] = False,
            smooth: Annotated[float, typer.Option(min=0, max=0.99, metavar="SHARE", help="In videos, how much of a face's past "
                                                  "goes into its probabilities.")] = 0.0,
            show: Annotated[bool, typer.Option("--show", help="Show videos in a window; q quits.")] = False,
            workers: Finders = AUTO,
            predictor: Predictor = None, threads: Cores = None, quiet: Quiet = False) -> None:
    """Say what each face in some pictures shows: one row per face, and for a picture without any a row that says so. Of a video
    or a camera, every frame is a picture.
    """
    from mixedfer import processes, sizing
    from mixedfer.faces.datasets.videos import ENDINGS
    from mixedfer.learning import backend
    from mixedfer.use import gathering

    if annotate and out is None:
        raise BadInput("--annotate needs a place for the copies", remedy="Name one with --out DIR.")
    if json and csv and out is None:
        raise BadInput("--json and --csv: the terminal shows one of them", remedy="Leave one out, or write both with --out.")
    if not sources and camera is None:
        raise BadInput("nothing to look at", remedy="Name pictures, folders or videos, or a camera with --camera 0.")
    paths = [Path(name) for name in gathering.files(sources or [], out, ENDINGS)]
    backend.quiet()
    backend.setup(threads or processes.cores())
    from mixedfer.use.batch_prediction import FILES, Wanted, run
    from mixedfer.use.prediction import Predictor as Answering

    kinds = [kind for kind, chosen in (("json", json), ("csv", csv)) if chosen] or list(FILES)
    device = int(camera) if camera and camera.isdecimal() else camera
    wanted = Wanted(kinds, out, annotate, quiet, smooth, show, workers or sizing.preparing())
    told = run(Answering(bundle, predictor), paths, wanted, typer.echo, device)
    if not quiet:
        typer.echo("\n".join([*told, *[f"Answers: {out}"] * bool(out)]), err=out is None)


@app.command(epilog="Example: mixedfer serve bundles/quickstart-image-only bundles/quickstart-mixed")
@interruptible("Nothing was served yet.")
def serve(bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE [BUNDLE2]", help="One or two folders that `mixedfer "
                                                        "export` wrote; of two, answers are shown side by side.")],
          host: Annotated[str, typer.Option(metavar="HOST", help="Who may ask: 127.0.0.1 is this machine alone, 0.0.0.0 all "
                                            "that reach it.")] = "127.0.0.1",
          port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 takes any that is free.")] = 8000,
          predictor: Predictor = None, threads: Cores = None) -> None:
    """Show a page on this machine on which a picture is dropped, or the camera used, and what each face shows is answered; for
    programs, POST /predict. Nothing leaves the machine. Ctrl-C ends it.
    """
    from mixedfer import processes
    from mixedfer.learning import backend

    if len(bundles) > 2:
        raise BadInput(f"{len(bundles)} bundles, and at most two are shown side by side")
    backend.quiet()
    backend.setup(threads or processes.cores())
    try:
        from mixedfer.use import serving
    except ModuleNotFoundError as error:
        raise BadInput(f"{error.name} is not installed, which the page needs",
                       remedy="Install it with `pip install 'mixedfer[serve]'`.") from None
    with serving.listen(host, port) as taken:
        if not serving.guarding.is_loopback(host):
            typer.echo("Warning: whoever reaches this machine can send pictures, and what is sent can be read on the way.",
                       err=True)
        asked = serving.SideBySide(bundles, predictor)
        typer.echo(f"Page: {serving.address(taken, host)}\nCtrl-C ends it.")
        serving.run(asked, taken, host)
