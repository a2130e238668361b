"""Paper dogs: the embedded data set, drawn from a seed.

`opening` makes the samples; `frames` lays out where a dog stands, `breeds` which parts it has, `scenes` what is around
it; `art` turns all of it into pixels with integers alone.
"""

from camcore.data.paper_dogs.dataset import open_paper_dogs as open_paper_dogs
