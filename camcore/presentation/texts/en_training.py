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
}
