"""What a preset's card says besides: choices that the recipe does not show, and what it would need more time for."""

from .recipes import RECIPES


def _published(name, nats, what):
    """What more time would bring a preset of Burda et al.'s models nearer to."""
    epochs = sum(stage.epochs for stage in RECIPES[name].stages)
    return (
        f"short for its time's sake: Burda et al. 2015 report {nats} nats for {what} after 3,280 epochs, not {epochs}"
    )


NOTES = {
    "vae_mnist": _published("vae_mnist", 86.76, "a VAE with one stochastic layer"),
    "iwae_mnist_k50": _published("iwae_mnist_k50", 84.78, "one stochastic layer at k = 50"),
    "iwae_mnist_dreg": _published("iwae_mnist_dreg", 84.78, "one stochastic layer at k = 50, by IWAE's own gradient"),
    "iwae_mnist_2layer": _published("iwae_mnist_2layer", "82.90", "two stochastic layers at k = 50"),
    "aavae_mnist": "of the temperatures 1, 1.5 and 3 it is 1 whose bound on the validation split is best",
    "aacvae_mnist": "of the temperatures 1 and 3 it is 1 whose bound on the validation split is best",
    "svae_mnist_1pct": "Hu et al. 2018 report an accuracy of 94.12% with as many labels",
    "aasvae_mnist_1pct": "Hu et al. 2018 report an accuracy of 94.25% with as many labels; no other temperature "
    "was tried",
    "wgangp_fashion_mnist": "short for its time's sake: Gulrajani et al. 2017 take five steps of the critic to one of "
    "the generator, at which an epoch would cost more than twice as much",
    "infogan_mnist": "which classes the categories part depends on the start: of the seeds 0 to 3 this is the one "
    "whose categories agreed best with the labels of the validation split (1 and 3 were given up after two or three "
    "epochs); training itself sees no labels",
}
