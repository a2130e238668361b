"""What CAM's architecture costs in accuracy, in English; `en` takes it in."""

PRICE_STRINGS = {
    "verdict.claim.price_none": "These images show no price of the architecture that CAM needs: accuracy is "
    "{accuracy:.1%} here and {accuracy_against:.1%} in {against}, a difference of {difference} points, 95% interval "
    "{low} to {high}.",
    "verdict.claim.price_some.lower": "This run, with the architecture that CAM needs, is less accurate than "
    "{against}: {accuracy:.1%} beside {accuracy_against:.1%}, a difference of {difference} points, 95% interval {low} "
    "to {high}. That is one training of each.",
    "verdict.claim.price_some.higher": "This run, with the architecture that CAM needs, is more accurate than "
    "{against}: {accuracy:.1%} beside {accuracy_against:.1%}, a difference of {difference} points, 95% interval {low} "
    "to {high}. That is one training of each.",
    "verdict.price.title": "The price of CAM's architecture",
    "verdict.price.lead": "Accuracy of this run beside {against}, on the same {n:,} images.",
    "verdict.price.here": "Accuracy here",
    "verdict.price.against": "Accuracy of {against}",
    "verdict.price.difference": "Difference in points",
    "verdict.price.interval": "95% interval {low} to {high}, p {p}",
    # Over several seeds of both.
    "verdict.claim.price_over_seeds_none": "These seeds and images show no price of the architecture that CAM needs: "
    "mean accuracy is {accuracy:.1%} over the {count} seeds of {group} and {accuracy_against:.1%} over the "
    "{count_against} of {against}, a difference of {difference} points, 95% interval {low} to {high}. That does not "
    "prove that there is none.",
    "verdict.claim.price_over_seeds_some.lower": "{group}, with the architecture that CAM needs, is less accurate than "
    "{against}: {accuracy:.1%} on average over {count} seeds beside {accuracy_against:.1%} over {count_against}, a "
    "difference of {difference} points, 95% interval {low} to {high} for other seeds and other images like these. "
    "Other training images were not tried.",
    "verdict.claim.price_over_seeds_some.higher": "{group}, with the architecture that CAM needs, is more accurate "
    "than {against}: {accuracy:.1%} on average over {count} seeds beside {accuracy_against:.1%} over {count_against}, "
    "a difference of {difference} points, 95% interval {low} to {high} for other seeds and other images like these. "
    "Other training images were not tried.",
    "verdict.price.seeds.lead": "Accuracy of {group} ({count} seeds) beside {against} ({count_against} seeds), on the "
    "same {n:,} images.",
    "verdict.price.seeds.accuracy": "Mean accuracy of {group}",
    "verdict.price.seeds.deviation": "standard deviation {deviation} points over {count} seeds",
    "verdict.price.seeds.interval": "95% interval {low} to {high} for other seeds and images, p {p}",
    "verdict.price.seeds.row": "Seed {seed}",
    "verdict.price.seeds.mean": "Mean",
    "verdict.price.seeds.numbers": "{here} ● {against} ○",
    "verdict.price.seeds.reading": "● {group}, ○ {against}. Seeds and images are both taken as samples. With this many "
    "seeds the interval reaches {standard_errors:.1f} standard errors to either side; with very many it would be 2.0.",
    "verdict.price.seeds.differs": "Both differ in more than the head: {difference}.",
    "verdict.price.seeds.unfinished": "Left out, as their training is not finished: {runs}.",
}
