"""Every text of the dashboard, in English. Words in braces are filled in; the heatmap grid has its own table."""

from camcore.presentation.texts.en_finding import FINDING_STRINGS
from camcore.presentation.texts.en_large_view import LARGE_VIEW_STRINGS
from camcore.presentation.texts.en_login import LOGIN_STRINGS
from camcore.presentation.texts.en_own_image import OWN_IMAGE_STRINGS
from camcore.presentation.texts.en_price import PRICE_STRINGS
from camcore.presentation.texts.en_report import REPORT_STRINGS
from camcore.presentation.texts.en_tour import TOUR_STRINGS
from camcore.presentation.texts.en_training import TRAINING_STRINGS
from camcore.presentation.texts.en_verdict import VERDICT_STRINGS

_PARTS = VERDICT_STRINGS | REPORT_STRINGS | FINDING_STRINGS | OWN_IMAGE_STRINGS | LARGE_VIEW_STRINGS | TOUR_STRINGS
_PARTS |= TRAINING_STRINGS | PRICE_STRINGS | LOGIN_STRINGS
STRINGS = _PARTS | {
    "app.title": "camcore",
    "app.language": "Language",
    "app.language_name": "English",
    "app.run": "Run",
    "app.run_unknown": "The run that the link names, {name}, is not here. This is another one.",
    "app.run_facts": "{backbone}, {head} head, on {dataset}",
    "app.run_with_state": "{name} ({state})",
    "app.outdated": "These heatmaps are of the weights after epoch {made}; the run now holds those after epoch {now}."
    " Make them anew: camcore explain",
    "state.explained": "explained",
    "state.trained": "trained",
    "state.training": "training",
    "state.damaged": "damaged",
    "state.trained.title": "{run} has no heatmaps yet",
    "state.trained.way_out": "It is trained. This command makes its heatmaps:",
    "state.training.title": "{run} is still training",
    "state.training.way_out": "Its curves are on the page Training curves. When it has come to its end, make its "
    "heatmaps:",
    "problem.title": "This can't be read",
    "problem.rest": "Everything else works: choose another run in the sidebar.",
    "empty.title": "No runs yet",
    "empty.folder_missing": "The folder {folder} does not exist. This command trains a small network on drawn dogs, "
    "explains it and puts it there, in a few minutes:",
    "empty.folder_empty": "The folder {folder} is empty. This command trains a small network on drawn dogs, explains "
    "it and puts it there, in a few minutes:",
    "empty.after": "Then load this page again. For another folder: `streamlit run dashboard/app.py -- --runs DIR`.",
    "source.at_layer": "{method} at {layer}",
    "convention.literature": "As in the literature",
    "convention.positive": "Positive evidence",
    "measure.heat_moved": "Heat moved",
    "measure.heat_moved.help": "The share of heat that would have to move to turn one picture into the other.",
    "measure.rank_disagreement": "Rank disagreement",
    "measure.rank_disagreement.help": "How differently the cells are ordered from cold to hot: 0% the same order, "
    "50% unrelated, 100% reversed.",
    "measure.top_area_disagreement": "Hottest fifth",
    "measure.top_area_disagreement.help": "The share of the two hottest fifths that they do not have in common.",
    "measure.peak_shift": "Peak shift",
    "measure.peak_shift.help": "How far the hottest cell moves, as a share of the picture's diagonal.",
    "control.source_a": "A",
    "control.source_b": "B",
    "control.measure": "Measure",
    "control.convention": "Drawn",
    "control.per_page": "Pictures per page",
    "control.per_page.size": "{size} a page",
    "overview.name": "Overview",
    "overview.title": "Where does the network look?",
    "overview.lead": "A trained network names what is in a picture; CAM and Grad-CAM colour the places that speak for "
    "its answer. Here you see both, and measure where they differ and why.",
    "overview.idea.title": "Most of what differs between CAM and Grad-CAM is drawing.",
    "overview.idea.body": "On a network that ends in mean pooling and one linear layer, Grad-CAM at the last layer is "
    "ReLU(CAM) / Z, with Z the number of cells: the same map without its negative part. Yet CAM is "
    "usually drawn from its lowest to its highest value, and then places without any evidence glow.",
    "overview.idea.holds": "{run} is such a network: on its own images, mean(CAM) + bias is its output up to {error}.",
    "overview.idea.fails": "{run} is not such a network, so CAM does not exist for it and Grad-CAM takes its place; "
    "compare its layers.",
    "overview.idea.unknown": "Once a run is explained, it says here whether it is such a network.",
    "overview.facts.accuracy": "Validation accuracy",
    "overview.facts.accuracy.note": "images of one object",
    "overview.facts.images": "Images explained",
    "overview.facts.images.note": "a map has {height} × {width} cells",
    "overview.facts.off_object": "Heat off the object, {first}",
    "overview.facts.moved": "Heat moved, {first} to {second}",
    "overview.facts.conventions": "as in the literature → positive evidence only",
    "overview.facts.either": "in either way of drawing",
    "overview.examples.title": "The most telling pictures",
    "overview.examples.lead": "Bright is hot. White frames are the objects that the data set knows of.",
    "overview.examples.drawing.title": "One map, drawn in two ways",
    "overview.examples.drawing.body": "As in the literature, {first:.0%} of CAM's heat lies off the {label}; of its "
    "positive evidence only {second:.0%}.",
    "overview.examples.layers.title": "Two layers that really differ",
    "overview.examples.layers.body": "{first:.0%} of the heat moves between {first_source} and {second_source}, both "
    "drawn alike.",
    "overview.examples.wrong.title": "A mistake, explained",
    "overview.examples.wrong.body": "{label}, taken for {predicted} with {first:.0%} confidence.",
    "overview.caption.literature": "{source}, as in the literature",
    "overview.caption.positive": "{source}, positive evidence",
    "overview.caption.target": "{source} for {label}",
    "overview.runs.title": "Runs",
    "overview.runs.lead": "Choose one in the sidebar; every page then shows it.",
    "overview.card.dataset": "Data set",
    "overview.card.backbone": "Backbone",
    "overview.card.head": "Head",
    "overview.card.accuracy": "Validation, epoch {epoch}",
    "overview.card.imported": "Imported from",
    "overview.card.cam": "CAM exists",
    "overview.card.cam_yes": "yes",
    "overview.card.cam_no": "no",
    "overview.card.cam_error": "error {error}",
    "overview.card.images": "Images explained",
    "training_curves.name": "Training curves",
    "training_curves.title": "How did the training go?",
    "training_curves.lead": "Loss and accuracy per epoch, on the images it learns from and on those it never saw.",
    "training_curves.runs": "Runs",
    "training_curves.smoothing": "Smoothing",
    "training_curves.choose": "Choose at least one run.",
    "training_curves.none.title": "Nothing to draw yet",
    "training_curves.none.body": "The first point appears when the first epoch has ended.",
    "training_curves.imported.title": "{run} was trained elsewhere",
    "training_curves.imported.body": "Its weights were imported from {file}, which says nothing of how the training "
    "went, so there are no curves. What it has learned shows on all other pages.",
    "training_curves.progress": "{run}: epoch {done} of {planned}. This page follows it.",
    "training_curves.loss": "Loss",
    "training_curves.accuracy": "Accuracy",
    "training_curves.learning_rate": "Learning rate",
    "training_curves.epoch": "Epoch",
    "training_curves.split.train": "{run}, training",
    "training_curves.split.val": "{run}, validation",
    "training_curves.best": "{run}, best in epoch {epoch}",
    "training_curves.legend": "Dotted: training. Solid: validation. The star marks the best epoch on the validation "
    "images.",
    "training_curves.numbers": "The numbers",
    "training_curves.column.run": "Run",
    "training_curves.column.epoch": "Epoch",
    "training_curves.column.train_loss": "Training loss",
    "training_curves.column.train_accuracy": "Training accuracy",
    "training_curves.column.val_loss": "Validation loss",
    "training_curves.column.val_accuracy": "Validation accuracy",
    "training_curves.column.learning_rate": "Learning rate",
    "training_curves.column.seconds": "Seconds",
    "training_curves.column.images_per_second": "Images per second",
    "gallery.name": "Gallery",
    "gallery.title": "What does it look at, picture by picture?",
    "gallery.lead": "Every validation image with the maps of two sources. Open one for its numbers.",
    "gallery.count": "**{found:,}** of {total:,} images",
    "gallery.caption": "{name} {share:.0%}",
    "gallery.none.title": "No image passes these filters",
    "gallery.none.body": "Widen one of them, or clear them all.",
    "disagreement.name": "Disagreement",
    "disagreement.title": "Where do two methods disagree?",
    "disagreement.lead": "And how much of it do the maps say, how much the way they are drawn?",
    "disagreement.same.title": "Choose two different sources",
    "disagreement.same.body": "A and B are the same, so there is nothing to compare.",
    "disagreement.split.title": "Drawing, and what is left",
    "disagreement.split.lead": "Mean over all images. Where the second bar is shorter, the rest was drawing.",
    "disagreement.histogram.title": "How many images differ how much",
    "disagreement.histogram.lead": "One mean can hide two groups of images.",
    "disagreement.histogram.count": "Images",
    "disagreement.histogram.hover": "%{{y}} images at about %{{x:.0%}}",
    "disagreement.off_object.title": "Heat off the object",
    "disagreement.off_object.lead": "The mean share of heat outside the boxes. A source whose two bars differ looks "
    "scattered because of how it is drawn.",
    "disagreement.ranking.title": "The pictures, most different first",
    "disagreement.ranking.lead": "Measure: {measure}. Drawn: {convention}. The maps are those of the predicted class; "
    "open one for its numbers.",
    "disagreement.ranking.caption": "{measure} {share:.0%}",
    "verdict.identical": "The same map. What looks different is drawing.",
    "verdict.identical.why": "On this network {first} and {second} are equal up to a positive factor, by theory and on "
    "its own images. In the literature CAM is scaled with its negative part, so places without "
    "evidence glow; Grad-CAM is cut off at zero.",
    "verdict.partly_drawing": "Partly drawing, partly real.",
    "verdict.partly_drawing.why": "Drawn as in the literature, {first} and {second} differ by {drawn:.0%}. When both "
    "show "
    "positive evidence only, {left:.0%} is left: that much the maps themselves differ.",
    "verdict.hidden": "Drawing hides a difference.",
    "verdict.hidden.why": "Drawn as in the literature, {first} and {second} differ by {drawn:.0%} only, because the "
    "lifted background is common to both. Their positive evidence differs by {left:.0%}.",
    "verdict.real": "A real difference: both ways of drawing show it.",
    "verdict.real.why": "{first} and {second} differ by {drawn:.0%} as in the literature and by {left:.0%} in their "
    "positive evidence. Drawing does not make this difference.",
    "verdict.alike": "Hardly any difference, however they are drawn.",
    "verdict.alike.why": "{first} and {second} differ by {drawn:.0%} as in the literature and by {left:.0%} in their "
    "positive evidence.",
    "verdict.unknown": "Nothing can be said.",
    "verdict.unknown.why": "No image has a map of both sources that holds numbers only.",
    "verdict.below": "{measure}, mean over all images. {meaning}",
}
