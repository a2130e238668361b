"""The texts about what a training tells beside its curves, in English; `en` takes them in."""

TRAINING_STRINGS = {
    # Speed.
    "training_curves.images_per_second": "Images per second",
    "training_curves.seconds": "Seconds per epoch",
    "training_curves.speed": "Speed is that of the training steps, with augmentation. Validation and the decoding "
    "before the first epoch are not in it. Colours are those above.",
    # Seeds.
    "training_curves.group": "{group} ({count} seeds)",
    "training_curves.together": "Seeds as one",
    "training_curves.together.help": "Runs that differ in their seed alone are one line, their mean. Switched off, "
    "each is a line of its own.",
    "training_curves.range": "Of several seeds, a line is the mean, and the band behind validation goes from the "
    "lowest to the highest.",
    "training_curves.behind": "{group}: drawn up to epoch {epoch}, which all of its runs have reached.",
    "overview.seeds": "{group}: {mean} ± {deviation}% over {count} seeds",
    "overview.seeds.lead": "Validation accuracy of the weights that were kept, mean ± standard deviation. {each}.",
    "overview.seeds.each": "Seed {seed}: {accuracy}",
    "overview.seeds.few": "{group}: {count} seeds",
    "overview.seeds.few.lead": "Mean and spread stand here once two of them have finished.",
    "overview.seeds.unfinished": "Finished so far: {finished} of {count}.",
    # Calibration.
    "calibration.name": "Confidence",
    "calibration.title": "Is {run} as sure as it should be?",
    "calibration.unexplained": "Once {run} is explained, it stands here whether its confidence can be believed.",
    "calibration.none": "No validation image shows one class alone, so there is no answer to count.",
    "calibration.average.over": "Over-confident by {gap} points on average: {confidence}% sure, {accuracy}% right.",
    "calibration.average.under": "Under-confident by {gap} points on average: {confidence}% sure, {accuracy}% right.",
    "calibration.average.unclear": "Neither over- nor under-confident on average, as far as {images:,} images can "
    "tell: {confidence}% sure, {accuracy}% right.",
    "calibration.bins.fault": "Bin by bin, confidence and accuracy are {error} points apart, more than chance would "
    "make of a perfectly calibrated network ({chance} at most, in 95 of 100 cases).",
    "calibration.bins.chance": "Bin by bin, confidence and accuracy are {error} points apart, which a perfectly "
    "calibrated network may be by chance (up to {chance} in 95 of 100 cases).",
    "calibration.confidence": "Mean confidence",
    "calibration.confidence.note": "in its own answer",
    "calibration.accuracy": "Accuracy",
    "calibration.gap": "Confidence − accuracy",
    "calibration.gap.note": "points; 95% interval {low} to {high}",
    "calibration.error": "Calibration error (ECE)",
    "calibration.error.note": "points; by chance alone up to {chance}",
    "calibration.over": "over-confident",
    "calibration.under": "under-confident",
    "calibration.axis.confidence": "Confidence",
    "calibration.axis.accuracy": "Right answers",
    "calibration.axis.images": "Images",
    "calibration.hover.bin": "%{{x:.0%}} sure on average, %{{y:.0%}} right (%{{customdata[1]:.0%}} to "
    "%{{customdata[2]:.0%}}), %{{customdata[0]:,}} images",
    "calibration.hover.count": "%{{y:,}} images with a confidence of %{{customdata[0]:.0%}} to %{{customdata[1]:.0%}}",
    "calibration.legend": "On the dashed line it is right as often as it is sure. A dot stands for the images of "
    "one bin of confidence, the larger, the more; the bar is its distance from the line, the thin line the 95% "
    "interval of its accuracy.",
    "calibration.legend.help": "The expected calibration error (ECE; Guo et al. 2017) is the distance between "
    "confidence and accuracy, averaged over 15 bins of equal width, each weighted with its images. It can't be "
    "negative, so chance alone raises it, and the fewer images there are, the more. That is why it stands beside "
    "what a perfectly calibrated network with the same confidences would get: less than this in 95 of 100 cases. "
    "The gap above is free of that.",
    "calibration.bins": "Bin by bin",
    "calibration.column.range": "Confidence",
    "calibration.column.images": "Images",
    "calibration.column.confidence": "Mean confidence",
    "calibration.column.accuracy": "Accuracy",
    "calibration.column.interval": "95% interval",
}
