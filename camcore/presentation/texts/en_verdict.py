"""The texts of the page Verdict, in English; `en` takes them in."""

VERDICT_STRINGS = {
    "verdict.name": "Verdict",
    "verdict.title": "Which heatmap is the most meaningful?",
    "verdict.lead": "Every method on the same images: where its heat falls, how faithful it is to the network, whether "
    "it follows the class, and what it costs.",
    "verdict.missing.title": "{run} has no verdict yet",
    "verdict.missing.body": "Its heatmaps are there. This command measures them, in a few minutes:",
    "verdict.basis": "{images:,} images; insertion and deletion on {faithfulness:,} of them in {steps} steps; "
    "{two_class:,} with two classes; randomisation on {randomization:,}. Seed {seed}, {minutes} of computing.",
    "verdict.basis.minutes": "{count:.0f} min",
    "verdict.basis.seconds": "{count:.0f} s",
    "verdict.more": "What else the numbers say",
    "verdict.list": "{first} and {last}",
    "verdict.baseline.baseline_center": "Centre blob",
    "verdict.baseline.baseline_uniform": "Uniform",
    "verdict.baseline.baseline_random": "Random",
    "verdict.baseline.baseline_edges": "Edges of the picture",
    # What the measures are called in tables, in sentences, and what they mean.
    "verdict.measure.pointing_strict": "Pointing, strict",
    "verdict.measure.pointing_strict.phrase": "how often the peak falls on the object",
    "verdict.measure.pointing_strict.help": "The share of images whose hottest pixel lies on the object.",
    "verdict.measure.pointing_15px": "Pointing, 15 px",
    "verdict.measure.pointing_15px.phrase": "how often the peak falls on or near the object",
    "verdict.measure.pointing_15px.help": "The same with a tolerance of 15 pixels at 224, the paper's own.",
    "verdict.measure.energy_in_box": "Energy in box",
    "verdict.measure.energy_in_box.phrase": "the share of heat in the object's box",
    "verdict.measure.energy_in_box.help": "The share of positive heat inside the object's box.",
    "verdict.measure.off_object_positive": "Off object, evidence",
    "verdict.measure.off_object_positive.phrase": "the share of positive evidence off the object",
    "verdict.measure.off_object_positive.help": "The share of positive evidence outside the object.",
    "verdict.measure.off_object_literature": "Off object, as drawn",
    "verdict.measure.off_object_literature.phrase": "the share of heat off the object as people see it drawn",
    "verdict.measure.off_object_literature.help": "The share of heat outside the object, drawn as in the literature.",
    "verdict.measure.max_box_acc_v2": "MaxBoxAccV2",
    "verdict.measure.max_box_acc_v2.phrase": "MaxBoxAccV2, how well a box around the heat fits the object",
    "verdict.measure.max_box_acc_v2.help": "How often a box around a hot region fits the object's, at an overlap of "
    "30, 50 and 70%, averaged. The threshold is chosen on the other half of the images.",
    "verdict.measure.max_box_acc": "MaxBoxAcc",
    "verdict.measure.max_box_acc.phrase": "MaxBoxAcc, how often a box around the heat fits the object",
    "verdict.measure.max_box_acc.help": "How often the box around a hot region overlaps the object's by half.",
    "verdict.measure.pxap": "PxAP",
    "verdict.measure.pxap.phrase": "PxAP, how well hot pixels match the object's pixels",
    "verdict.measure.pxap.help": "Average precision of pixels against the object's mask, over all images at once.",
    "verdict.measure.pointing_parts": "Pointing at parts",
    "verdict.measure.pointing_parts.phrase": "how often the peak falls on a part that decides the class",
    "verdict.measure.pointing_parts.help": "The share of images whose hottest pixel lies on a part that decides the "
    "class.",
    "verdict.measure.energy_in_parts": "Energy in parts",
    "verdict.measure.energy_in_parts.phrase": "the share of heat on the parts that decide the class",
    "verdict.measure.energy_in_parts.help": "The share of positive heat on the parts that decide the class.",
    "verdict.measure.insertion": "Insertion",
    "verdict.measure.insertion.phrase": "insertion, how fast the answer comes back with the hottest pixels",
    "verdict.measure.insertion.help": "The mean probability of the class while a blurred picture gets its hottest "
    "pixels back first.",
    "verdict.measure.deletion": "Deletion",
    "verdict.measure.deletion.phrase": "deletion, how much of the answer stays without the hottest pixels",
    "verdict.measure.deletion.help": "The mean probability of the class while a picture loses its hottest pixels.",
    "verdict.measure.follows_class": "Follows the class",
    "verdict.measure.follows_class.phrase": "how often the peak goes to the object whose class is asked for",
    "verdict.measure.follows_class.help": "On images of two classes: the share where the peak lies on the object whose "
    "class is asked for, for both.",
    "verdict.measure.class_sensitivity": "Moves with the class",
    "verdict.measure.class_sensitivity.phrase": "how much of the heat moves when another class is asked for",
    "verdict.measure.class_sensitivity.help": "The share of heat that moves from the predicted class's map to the "
    "runner-up's.",
    # The claims of the file.
    "verdict.claim.none": "No claim could be made from these numbers; they are below.",
    "verdict.claim.identical_up_to_drawing": "On this network {first} and {second} are the same map; only how they are "
    "drawn differs.",
    "verdict.claim.identical_up_to_drawing.more": "On this network {first} and {second} are the same map, and so {are} "
    "{others}; only how they are drawn differs.",
    "verdict.claim.identical_up_to_drawing.is": "is",
    "verdict.claim.identical_up_to_drawing.are": "are",
    "verdict.claim.drawing_effect": "Drawn as in the literature, {literature:.0%} of {source}'s heat lies off the "
    "object; of its positive evidence alone, {positive:.0%} does.",
    "verdict.claim.cam_not_applicable": "CAM does not exist for this network: {reason}.",
    "verdict.no_cam.no_linear_layer": "no linear layer takes the pooled features as they are",
    "verdict.no_cam.misses_logits": "mean(CAM) + bias misses its output by {error:.0%} of the output's range",
    "verdict.claim.separates": "The clearest difference to {reference} is in {phrase}: {best} has {best_mean:.0%}, "
    "{worst} {worst_mean:.0%}.",
    "verdict.claim.nothing_separates": "Drawing aside, no measure tells the methods apart on these images. That does "
    "not prove them equal.",
    "verdict.claim.best_is": "{source} is better than {reference} on {won} of {total} measures and worse on none.",
    "verdict.claim.best_is.loses": "{source} is better than {reference} on {won} of {total} measures and worse on "
    "{lost}.",
    "verdict.claim.no_better_than_reference": "Drawing aside, no measure shows {sources} to be better than "
    "{reference}.",
    "verdict.claim.worse_than_baseline": "{source} does worse than a map that knows nothing of the network: in {phrase}"
    " it has {mean:.0%}, the baseline “{baseline}” {baseline_mean:.0%}.",
    "verdict.claim.does_not_follow_class": "{source} follows the class that is asked for less often than {best_source}:"
    " on {mean:.0%} of the images of two classes, where {best_source} does on {best_mean:.0%}.",
    "verdict.claim.fails_randomization": "The randomisation check is not passed by {sources}: with the network's "
    "weights made random, these maps are not shown to lose half of their order.",
    "verdict.claim.reason_to_prefer.freedom": "A reason to prefer {source} is freedom: it asks for no particular "
    "architecture.",
    "verdict.claim.reason_to_prefer.cost": "A reason to prefer {source} is its cost.",
    "verdict.claim.reason_to_prefer.localization": "A reason to prefer {source} is where its heat falls.",
    "verdict.claim.reason_to_prefer.faithfulness": "A reason to prefer {source} is how well it agrees with what the "
    "network reacts to.",
    "verdict.claim.reason_to_prefer.none": "These numbers give no reason to prefer one method.",
    # Differences.
    "verdict.choose.measure": "Measure",
    "verdict.choose.method": "Method",
    "verdict.forest.title": "{measure}: difference to {reference}",
    "verdict.forest.lead": "{meaning} Right of the line is better{turned}. Bars are 95% intervals.",
    "verdict.forest.turned": ", though a low value is the good one",
    "verdict.forest.worse": "◂ worse",
    "verdict.forest.better": "better ▸",
    "verdict.forest.baselines": "Baselines that know nothing of the network",
    "verdict.forest.reference": "the reference",
    "verdict.forest.by_theory": "the same by theory",
    "verdict.forest.drawing": "drawing alone",
    "verdict.forest.identical": "the same on every image",
    "verdict.forest.interval": "{low} to {high}",
    "verdict.forest.verdict.better": "better",
    "verdict.forest.verdict.worse": "worse",
    "verdict.forest.verdict.no_difference": "no difference",
    "verdict.forest.details": "{test}, {n:,} images; p {p}, corrected {p_adjusted}; effect size {effect}; interval: "
    "{interval}",
    "verdict.correctness.title": "Right and wrong answers",
    "verdict.correctness.lead": "The mean over images that the network names right (●) and wrong (○).",
    "verdict.correctness.numbers": "{right} ● {wrong} ○",
    # Table.
    "verdict.table.title": "Every number",
    "verdict.table.lead": "In per cent, with 95% intervals. ★ best mean of the methods; ▲ ▼ better or worse than "
    "{reference}, after correction. Click a number for the images behind it.",
    "verdict.table.method": "Method",
    "verdict.table.group.localization": "Where the heat falls",
    "verdict.table.group.faithfulness": "Faithfulness",
    "verdict.table.group.class": "Class",
    "verdict.table.n": "n {n:,}",
    "verdict.table.chance": "chance {value}",
    "verdict.table.lower": "low is good",
    "verdict.table.interval": "{low}–{high}",
    "verdict.table.oracle": "oracle {value}",
    "verdict.table.not_applicable": "does not apply: {reason}",
    "verdict.table.cell": "{source}, {measure}: {value}",
    "verdict.table.best": "best mean of the methods",
    "verdict.table.theory": "the same as {reference} by theory",
    # Examples.
    "verdict.examples.title": "The images behind it: {measure}",
    "verdict.examples.lead": "{reference} on the left, {method} on the right. {method} is better on {better:,} images, "
    "worse on {worse:,} and the same on {same:,}.",
    "verdict.examples.side": "Show",
    "verdict.examples.side.better": "Where it is better",
    "verdict.examples.side.worse": "Where it is worse",
    "verdict.examples.whole": "{measure} is one number for all images, so the images are ordered by “{instead}”.",
    "verdict.examples.caption": "{measure}: {first} → {second}",
    "verdict.examples.yes": "yes",
    "verdict.examples.no": "no",
    "verdict.examples.same.title": "No image tells them apart",
    "verdict.examples.same.body": "By this measure {method} and {reference} are the same on every image.",
    "verdict.examples.none_here.title": "No such image",
    "verdict.examples.none_here.body": "There is no image where {method} is on this side of {reference}.",
    "verdict.examples.no_maps.title": "The maps of {source} are not stored",
    "verdict.examples.no_maps.body": "The numbers stay; to see the pictures as well, explain the run with it and make "
    "the verdict anew:",
    "verdict.examples.no_values.title": "No images to show",
    "verdict.examples.no_values.body": "This measure has no value per image.",
    # Curves.
    "verdict.curves.title": "What happens to the answer when pixels come and go",
    "verdict.curves.lead": "The mean probability of the class, pixels in each map's own order, the hottest first.",
    "verdict.curves.insertion": "Insertion: a high curve is good",
    "verdict.curves.deletion": "Deletion: a low curve is good",
    "verdict.curves.baselines": "Baselines",
    "verdict.curves.share": "Pixels put back or taken away",
    "verdict.randomization.title": "Does the map need the network?",
    "verdict.randomization.lead": "The weights are made random layer by layer, from the head down. A map that explains "
    "the network must change with them.",
    "verdict.randomization.similarity": "Similarity to the original map",
    "verdict.randomization.original": "none",
    "verdict.randomization.steps": "Random down to",
    "verdict.randomization.reading": "1 is the same order of cells from cold to hot, 0 an unrelated one, −1 the "
    "reverse. A method passes when, with all weights random, the interval of its similarity ends below 0.5.",
    "verdict.randomization.passes": "passes",
    "verdict.randomization.fails": "fails",
    # Cost.
    "verdict.cost.title": "What it costs and what it allows",
    "verdict.cost.lead": "Time per image, network included, beside the bare forward pass of {forward:.1f} ms.",
    "verdict.cost.method": "Method",
    "verdict.cost.milliseconds": "ms per image",
    "verdict.cost.times": "× forward pass",
    "verdict.cost.heads": "Heads",
    "verdict.cost.layers": "Layers",
    "verdict.cost.needs": "Needs",
    "verdict.cost.needs.class_weights": "class weights",
    "verdict.cost.needs.gradients": "one gradient",
    "verdict.cost.needs.features": "features alone",
    "verdict.cost.needs.passes": "many passes",
    "verdict.cost.layers.last": "the last",
    "verdict.cost.layers.any": "any",
    # How to read it.
    "verdict.reading.title": "How to read this",
    "verdict.reading.body": "- **Which maps**: where the heat falls is measured on the maps of the true class, as the "
    "literature does; insertion and deletion on those of the predicted class, which the other pages show too. So the "
    "same measure can differ a little between pages.\n"
    "- **Differences** are paired: both methods on the same image, then the mean over images. "
    "An interval that crosses the line leaves open which method is better; “no difference” means that "
    "none could be shown.\n"
    "- **Better and worse** are said only after correction for the number of methods and measures compared.\n"
    "- **Counts of measures** leave out heat off the object: it is energy in the box from the other side, and as drawn "
    "it says more of the drawing than of the method. The measures of a group look at one thing from several sides, so "
    "winning several of them is not several findings.\n"
    "- **The same by theory**: on a network of mean pooling and one linear layer, these maps are equal up to a "
    "positive factor at the last layer. No number of images could tell them apart.\n"
    "- **Baselines** see no network. A method that does not beat the centre blob may show no more than that "
    "photographers centre things.\n"
    "- **Chance** is what a map without any knowledge scores on average, where that is known. **n** is the number of "
    "images that count.\n"
    "- **Oracle** is the value at the threshold that suits these very images best. The value above it takes the "
    "threshold from other images, and is the one to quote.\n"
    "- **Insertion and deletion** are about the network, not the object: a map can be faithful to a network that looks "
    "at the wrong thing.\n"
    "- **A star** marks the best mean, however small its lead.",
}
