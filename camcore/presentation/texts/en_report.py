"""The texts of the report, in English; `en` takes them in."""

REPORT_STRINGS = {
    "report.title": "{run}: where does it look?",
    "report.made": "{images:,} images explained on {date}; camcore {version}.",
    "report.noscript": "Pictures and charts are drawn by the script in this file. Allow scripts to see them; the texts "
    "and tables are complete without.",
    "report.sections": "Parts of this report",
    "report.sections.pictures": "Pictures",
    "report.verdict.title": "The verdict in numbers",
    "report.verdict.measure": "Measure",
    "report.verdict.missing.title": "No verdict yet",
    "report.verdict.missing.body": "The heatmaps are here, but the methods have not been compared. This command does "
    "so in a few minutes; then write the report anew.",
    "report.verdict.table.lead": "In per cent, with 95% intervals. ★ best mean of the methods; ▲ ▼ better or worse "
    "than {reference}, after correction. Click a number for its differences.",
    "report.pictures.title": "Where {first} and {second} differ most",
    "report.pictures.lead": "{count:,} of {total:,} images, the most different first. Measure: {measure}. Drawn: "
    "{convention}. All switches work in this file.",
    "report.pictures.single.title": "The pictures: {first}",
    "report.pictures.single.lead": "{count:,} of {total:,} images, the surest mistakes first. All switches work in "
    "this file.",
    "report.training.title": "Training",
    "report.training.none": "The run has no history of its training.",
    "report.training.imported": "It was trained elsewhere. Its weights were imported from {file}, which does not tell "
    "how.",
    "report.reading.title": "How to read this",
    "report.reading.body": "- **Bright is hot**: these places speak for the class that the map explains. Violet and "
    "orange belong to the difference of two maps.\n"
    "- **As in the literature**: CAM is drawn from its lowest to its highest value, so places without any evidence can "
    "glow; every other method is cut off at zero. **Positive evidence** cuts all of them off at zero.\n"
    "- **Heat moved** is the share of heat that would have to move to turn one picture into the other; **heat off the "
    "object** is the share outside the boxes that the data set knows of.\n"
    "- **Boxes, opacity, colours, cells and scale** change how the same stored numbers are drawn, in this file, "
    "without a server.",
    "report.about.title": "How it was made",
    "report.about.dataset": "Data set",
    "report.about.dataset.value": "{dataset}, {classes:,} classes",
    "report.about.model": "Network",
    "report.about.model.value": "{backbone}, {head} head, {weights}",
    "report.about.weights.none": "from scratch",
    "report.about.view": "What it sees",
    "report.about.view.value": "{view}, {size} × {size} pixels; maps of {grids} cells",
    "report.about.training": "Training",
    "report.about.training.value": "{epochs} epochs, {optimizer}, learning rate {rate:g}, batches of {batch}, seed "
    "{seed}",
    "report.about.training.elsewhere": "elsewhere, on {classes:,} classes; imported",
    "report.about.cam": "CAM exists",
    "report.about.cam.yes": "yes: mean(CAM) + bias misses the output by {error} of its range at most",
    "report.about.cam.no": "no: mean(CAM) + bias misses the output by {error} of its range",
    "report.about.machine": "Machine",
    "report.about.versions": "Versions",
    "report.about.trained": "Begun",
    "report.about.imported": "Imported",
    "report.footer": "One file, written by camcore {version} on {date}. It holds everything that it shows and loads "
    "nothing from anywhere.",
    "report.download": "Download report",
    "report.download.help": "One HTML file with these numbers, the curves and {count} pictures. It opens without a "
    "server and without a network.",
}
