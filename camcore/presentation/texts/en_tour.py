"""The texts of the tour, in English; `en` takes them in."""

TOUR_STRINGS = {
    "tour.start": "Two-minute tour",
    "tour.title": "What you see here",
    "tour.step": "{number} of {count}",
    "tour.back": "Back",
    "tour.next": "Next",
    "tour.done": "Look around",
    "tour.answer.title": "The network gives an answer. Where does it come from?",
    "tour.answer.body": "On the left a picture and what the network calls it. On the right the same picture under a "
    "heatmap: the brighter a place, the more it speaks for this answer. A white frame is where the object lies; the "
    "network never sees the frame.",
    "tour.answer.named": "{predicted}, {confidence:.0%} sure",
    "tour.drawing.title": "One map, two drawings",
    "tour.drawing.body": "A map holds evidence for the class and evidence against it. Drawn as in the literature, "
    "CAM runs from its lowest value to its highest, and places that say nothing glow. Drawn as positive evidence, "
    "what is not evidence is dark. Both pictures are of the same numbers.",
    "tour.same.title": "CAM and Grad-CAM can be one and the same",
    "tour.same.body": "On a network like this one Grad-CAM at the last layer is CAM without its negative part. Drawn "
    "alike, the two can't be told apart, whatever the picture. So a difference between them is drawing, and these "
    "pages always say how much of a difference is.",
    "tour.layers.title": "Layers really differ",
    "tour.layers.body": "Grad-CAM exists at earlier layers too. Their maps see smaller pieces of the picture, and "
    "they differ from the last layer's in what they say, not only in how they are drawn.",
    "tour.pages.title": "Now look around",
    "tour.pages.body": "Every choice is in the address of the page: copy it, and others see what you see.",
    "tour.pages.gallery": "All pictures, filtered and sorted. Click one to study it at full size.",
    "tour.pages.disagreement": "The pictures where two methods differ most, and why.",
    "tour.pages.verdict": "Which heatmap tells the most, in numbers with intervals.",
    "tour.pages.own_image": "What the network says of a picture of yours.",
}
