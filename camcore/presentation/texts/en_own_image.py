"""The texts of the page Try your own image, in English; `en` takes them in."""

OWN_IMAGE_STRINGS = {
    "own_image.name": "Try your own image",
    "own_image.title": "What does it see in your own pictures?",
    "own_image.lead": "Bring a picture that the network has never seen, and compare any two heatmaps of it, for any "
    "class.",
    "own_image.upload": "Pictures",
    "own_image.upload.hint": "Drop them anywhere on this page, paste one with Ctrl+V, or choose files: up to {count} "
    "at once, {megapixels} megapixels each.",
    "own_image.private": "Pictures stay in the server's memory until you remove them or leave this page, are never "
    "written to disk, and no other visitor sees them.",
    "own_image.camera": "Use the camera",
    "own_image.camera.take": "Take a picture",
    "own_image.camera.file": "camera",
    "own_image.camera.insecure": "Browsers give the camera to pages on https or on your own machine only, and this one "
    "is plain http. On a phone, choosing a file offers the camera as well.",
    "own_image.empty.title": "Bring a picture to begin",
    "own_image.empty.body": "You get the five most probable classes, the maps of any two methods and layers side by "
    "side, and both as files: the picture as PNG, the raw map as NPY.",
    "own_image.empty.classes": "This network tells {count:,} classes apart, and calls every picture one of them: "
    "{names}.",
    "own_image.no_weights.title": "{run} has no weights yet",
    "own_image.no_weights.body": "No epoch was finished, so there is no network to ask. This command goes on with the "
    "training:",
    "own_image.working": "Reading the pictures and asking the network …",
    "own_image.line": "Others are asking the network too. You are number {place} in line: about {seconds} s.",
    "own_image.too_many": "The first {most} pictures are shown; {count} more wait until you remove some.",
    "own_image.refused.title": "Not shown",
    "own_image.refused.empty": "“{name}” is empty (0 bytes). Choose another file.",
    "own_image.refused.bytes": "“{name}” has {megabytes:.1f} MB; up to {most} MB are read. Save it smaller.",
    "own_image.refused.pixels": "“{name}” has more than {most} million pixels. Scale it down.",
    "own_image.refused.kind": "“{name}” holds no picture of a kind that is read here, whatever its name says. Save it "
    "as JPEG or PNG.",
    "own_image.refused.damaged": "“{name}” is damaged ({reason}). Save or copy it anew.",
    "own_image.class": "Class",
    "own_image.class.own": "Each picture's own answer",
    "own_image.caption.class": "{name}: map for {label}, {share}",
    "own_image.classes.title": "What it could be",
    "own_image.classes.lead": "The most probable classes. A network of these classes has no word for anything else, "
    "and can be sure and wrong.",
    "own_image.other_class": "place {place:,} of {count:,}",
    "own_image.download": "Download",
    "own_image.download.png": "Picture as shown (PNG)",
    "own_image.download.npy": "Raw map of {source} (NPY)",
}
