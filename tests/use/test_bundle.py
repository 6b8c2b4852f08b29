"""Bundles that are not what was written, or that this mixedfer cannot answer with, are refused with the reason."""

import json
import shutil
import zipfile

import pytest

from mixedfer import disk
from mixedfer.errors import BadInput
from mixedfer.seeds import generator
from mixedfer.use import bundle
from mixedfer.use.placement import Placement

#: Bytes of the source's hash that no component has.
OTHER = "0123456789"


@pytest.fixture
def copy(kept, tmp_path):
    return shutil.copytree(kept, tmp_path / "bundle")


def resealed(folder, **changes):
    """The bundle as someone would write it who knows its format."""
    said = json.loads((folder / "bundle.json").read_text()) | changes
    said["files"] = {name: disk.hash_file(folder / name) for name in said["files"]}
    (folder / "bundle.json").write_text(disk.to_json(bundle.sealed(said)))
    return folder


def test_a_copy_is_read(copy):
    read = bundle.read(copy)
    assert read.classes == ("happy", "sad") and read.image == (32, 32, 1) and read.view.__name__ == "normalised"
    assert read.preparation.detector.upsample == 0 and read.models == [copy / "model.keras"]


@pytest.mark.parametrize("name", ["model.keras", "card.md"])
def test_changed_files_are_refused(copy, name):
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(BadInput, match=r"bytes have changed") as refused:
        bundle.read(copy)
    assert str(copy / name) in str(refused.value)
    (copy / name).unlink()
    with pytest.raises(BadInput, match="is missing"):
        bundle.read(copy)


def test_a_changed_description_is_refused(copy):
    text = (copy / "bundle.json").read_text()
    (copy / "bundle.json").write_text(text.replace('"happy"', '"angry"', 1))
    with pytest.raises(BadInput, match="was changed since it was written"):
        bundle.read(copy)
    (copy / "bundle.json").write_text(text.replace('"schema": 1', '"schema": 1, "more": NaN'))
    with pytest.raises(BadInput, match="was changed since it was written"):
        bundle.read(copy)
    (copy / "bundle.json").write_text(text[:100])
    with pytest.raises(BadInput, match="not readable as JSON"):
        bundle.read(copy)
    (copy / "bundle.json").write_text("[]")
    with pytest.raises(BadInput, match="no usable schema"):
        bundle.read(copy)


def test_a_newer_bundle_is_refused(copy):
    resealed(copy, schema=2, made_by={"mixedfer": "9.8"}, classes=None)
    with pytest.raises(BadInput, match=r"newer mixedfer \(9.8\): its schema is 2") as refused:
        bundle.read(copy)
    assert refused.value.exit_code == 2


def test_a_network_of_whole_pictures_needs_to_know_where_faces_lay(copy):
    said = json.loads((copy / "bundle.json").read_text())
    whole = {"preparation": said["preparation"] | {"crop": False}}
    for told in (None, {"across": 0.5}, {"across": 0.5, "down": 0.6, "extent": 0, "smallest": 0.5}):
        with pytest.raises(BadInput, match="does not say where faces lay"):
            bundle.read(resealed(copy, **whole, placement=told))
    placed = Placement(0.5, 0.6, 0.8, 0.5)
    assert bundle.read(resealed(copy, **whole, placement=placed._asdict())).placed == placed


def places(value, way=()):
    """The way to everything in some JSON."""
    yield way
    for name, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(below, (*way, name))


def put(value, way, other):
    if not way:
        return other
    made = value.copy()
    made[way[0]] = put(value[way[0]], way[1:], other)
    return made


@pytest.mark.parametrize("other", [None, {}, [None], "x", -1.5])
def test_whatever_a_bundle_says_it_is_refused_with_the_reason_or_used(copy, other):
    from mixedfer.use import card, finetuning, wire

    said = json.loads((copy / "bundle.json").read_text())
    for way in places({name: said[name] for name in said if name not in ("files", "digest")}):
        if not way or "bins" in way:
            continue
        try:
            read = bundle.read(resealed(copy, **put(said, way, other)))
            shown = finetuning._shown(read, finetuning.Finetuning())
        except BadInput as error:
            assert error.what
            continue
        wire._described("x", read)
        assert shown.augmentation is None or shown.augmentation.draw(generator("x"), 2).shape[0] == 2
        card._model(read.said | {"measured": read.said["measured"] | {"all_replicates": None}})


def test_a_description_of_a_thousand_brackets_is_refused(copy):
    said = json.loads((copy / "bundle.json").read_text())
    deep = json.loads("[" * 600 + "]" * 600)
    with pytest.raises(BadInput, match="nested deeper than anything"):
        bundle.read(resealed(copy, preparation=said["preparation"] | {"alignment": deep}))
    (copy / "bundle.json").write_text('{"schema": 1, "more": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(BadInput, match="not readable as JSON"):
        bundle.read(copy)


def test_a_card_that_is_none_of_its_files_is_not_read(copy):
    said = json.loads((copy / "bundle.json").read_text())
    assert bundle.read(copy).card.startswith("# tiny: mixed")
    del said["files"]["card.md"]
    (copy / "bundle.json").write_text(disk.to_json(bundle.sealed(said)))
    assert bundle.read(copy).card == ""


def test_another_folder_is_no_bundle(tmp_path):
    with pytest.raises(BadInput, match="not a bundle"):
        bundle.read(tmp_path)


@pytest.mark.parametrize("file", ["../outside.keras", "/etc/hostname"])
def test_files_elsewhere_are_refused(copy, file):
    said = json.loads((copy / "bundle.json").read_text())
    (copy / "bundle.json").write_text(disk.to_json(bundle.sealed(said | {"files": {file: "0"}})))
    with pytest.raises(BadInput, match="is missing"):
        bundle.read(copy)


@pytest.mark.parametrize("file", [None, [], "card.keras"])
def test_networks_must_be_files_of_the_bundle(copy, file):
    with pytest.raises(BadInput, match=r"networks that are none of its files|no usable members"):
        bundle.read(resealed(copy, members=[{"file": file, "replicate": 0, "fold": 0, "run": "x"}]))
    with pytest.raises(BadInput, match="no usable members"):
        bundle.read(resealed(copy, members=[]))


def test_what_contradicts_itself_is_refused(copy):
    said = json.loads((copy / "bundle.json").read_text())
    wrong = {"its classes are fewer": {"classes": ["happy", "happy"]}, "other images than it prepares": {"image": [32, 32, 3]},
             "a run that is none": {"members": [said["members"][0] | {"run": "../elsewhere"}]},
             "interval has two ends": {"measured": said["measured"] | {"accuracy_ci95": [0.5]}},
             r"recipe is none \(Recipe\(test_views='two'\)": {"recipe": said["recipe"] | {"test_views": "two"}},
             "more of an image than there is": {"recipe": said["recipe"] | {"frame": 33}}}
    for why, change in wrong.items():
        with pytest.raises(BadInput, match=why):
            bundle.read(resealed(copy, **said | change))


def test_a_function_is_not_called_for_an_object(copy):
    said = json.loads((copy / "bundle.json").read_text())
    called = {"kind": said["arm"]["landmarks"], "points": [], "found": [], "size": 1}
    with pytest.raises(BadInput, match="is no kind of object"):
        bundle.read(resealed(copy, arm=said["arm"] | {"landmarks": called}))


@pytest.mark.parametrize("view, why", [
    (f"mixedfer.learning.views.normalised:normalised@{OTHER}", "mixedfer.learning.views.normalised has other code now"),
    (f"mixedfer.learning.views.gone:gone@{OTHER}", "mixedfer.learning.views.gone no longer exists"),
    ({"kind": f"os:system@{OTHER}", "command": "true"}, "which is none of mixedfer's"),
    ({"kind": f"mixedfer.disk:lock@{OTHER}"}, "which is none of mixedfer's"),
    (f"os:system@{OTHER}", "view of the landmarks is none"),
    ("subprocess:run", "view of the landmarks is none"),
    ({"kind": None}, "which is none of mixedfer's"),
])
def test_components_that_are_not_there_are_refused(copy, view, why):
    said = json.loads((copy / "bundle.json").read_text())
    with pytest.raises(BadInput, match=why):
        bundle.read(resealed(copy, arm=said["arm"] | {"landmarks": view}))


def test_a_preparation_must_be_one(copy):
    said = json.loads((copy / "bundle.json").read_text())
    with pytest.raises(BadInput, match="unexpected keyword argument 'zoom'"):
        bundle.read(resealed(copy, preparation=said["preparation"] | {"zoom": 3}))
    with pytest.raises(BadInput, match=r"size=4\): expected 16 to 512"):
        bundle.read(resealed(copy, preparation=said["preparation"] | {"size": 4}))
    with pytest.raises(BadInput, match="preparation is none"):
        bundle.read(resealed(copy, preparation=said["preparation"]["detector"]))
    with pytest.raises(BadInput, match="expected Detector"):
        bundle.read(resealed(copy, preparation=said["preparation"] | {"detector": said["arm"]["landmarks"]}))


def test_a_model_with_other_classes_is_refused(copy):
    from mixedfer.use.network import Network

    with pytest.raises(BadInput, match="its bundle has 3 classes"):
        Network(bundle.read(resealed(copy, classes=["happy", "sad", "anger"])))
    with pytest.raises(BadInput, match="other inputs than its bundle says: image"):
        other = json.loads((copy / "bundle.json").read_text())["preparation"] | {"size": 48}
        Network(bundle.read(resealed(copy, classes=["happy", "sad"], image=[48, 48, 1], preparation=other)))


def edited(path, edit):
    """The saved model with another description."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["config.json"] = edit(parts["config.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


@pytest.mark.parametrize("old, new, why", [
    ('"class_name": "Flatten"', '"class_name": "Lambda"', "a Lambda layer, which runs code of its own"),
    ('"class_name": "Flatten"', '"class_name": "TFSMLayer"', "a TFSMLayer layer"),
    ('"module": "keras.layers", "class_name": "Flatten"', '"module": "os", "class_name": "system"', "'system' of os"),
    ('"registered_name": "mixedfer>Move"', '"registered_name": "others>Move"', "'Move' of others>Move"),
    ('"registered_name": "mixedfer>Move"', '"registered_name": "mixedfer>Gone"', "Keras cannot make a network of it"),
    ('"class_name": "Flatten"', '"class_name": "Nothing"', "Keras cannot make a network of it"),
])
def test_networks_with_other_layers_are_refused(copy, old, new, why):
    from mixedfer.use import architecture

    def edit(text):
        assert old in text
        return text.replace(old, new)
    edited(copy / "model.keras", edit)
    with pytest.raises(BadInput, match=why):
        architecture.load(copy / "model.keras", (32, 32, 1), 2)


def test_a_lambda_layer_that_keras_saved_is_refused(keras_ready, tmp_path):
    import keras

    from mixedfer.use import architecture

    inputs = keras.Input((32, 32, 1), name="image")
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(keras.layers.Lambda(lambda x: x)(inputs))))
    model.save(tmp_path / "model.keras")
    with pytest.raises(BadInput, match="a Lambda layer"):
        architecture.load(tmp_path / "model.keras", (32, 32, 1), 2)


def test_what_is_no_model_is_refused(tmp_path):
    from mixedfer.use import architecture

    path = tmp_path / "model.keras"
    path.write_bytes(b"no archive")
    with pytest.raises(BadInput, match="not a saved Keras model"):
        architecture.load(path, (32, 32, 1), 2)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")
        file.writestr("../evil", "")
    with pytest.raises(BadInput, match=r"holds more than a model: \.\./evil"):
        architecture.load(path, (32, 32, 1), 2)


def test_what_grows_when_it_is_unpacked_is_refused(tmp_path):
    from mixedfer.use import architecture

    with zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", " " * 10**6 + "{}")
    with pytest.raises(BadInput, match="larger than itself"):
        architecture.load(tmp_path / "model.keras", (32, 32, 1), 2)


def test_a_very_deep_description_is_refused(copy):
    from mixedfer.use import architecture

    deep = "[" * 900 + '{"class_name": ["Lambda"]}' + "]" * 900
    edited(copy / "model.keras", lambda text: f'{{"module": "keras", "class_name": "Functional", "config": {deep}}}')
    with pytest.raises(BadInput, match="no layer of Keras or mixedfer"):
        architecture.load(copy / "model.keras", (32, 32, 1), 2)


@pytest.mark.parametrize("text", ['[]', '{"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}',
                                  '{"module": "keras", "class_name": "Sequential", "config": {"name": "a", "layers": []}}'])
def test_what_is_no_whole_network_is_refused(copy, text):
    from mixedfer.use import architecture

    edited(copy / "model.keras", lambda _: text)
    with pytest.raises(BadInput, match="not a network as mixedfer saves them"):
        architecture.load(copy / "model.keras", (32, 32, 1), 2)
