"""The table of models: name, module, class, one line of summary, paper. It is read without TensorFlow.

Its order is that of other tables of models: variational ones, adversarial ones, both at once, those of two domains.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ModelEntry:
    """A row of the table of models.

    Attributes:
        module: where the class is, in `unizoo.zoo`.
        class_name: the class.
        summary: one line on what the model is.
        paper: the paper it is from.
        arguments: constructor arguments that make the class this model: labels make a VAE a conditional one.
        generative: whether it generates images.
    """

    module: str
    class_name: str
    summary: str
    paper: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    generative: bool = True


_HU = "Hu, Yang, Salakhutdinov & Xing 2018, On Unifying Deep Generative Models, arXiv 1706.00550"

_LABELS = {"num_classes": 10}

MODELS = {
    "vae": ModelEntry(
        "vae",
        "VAE",
        "variational autoencoder, KL term in closed form",
        "Kingma & Welling 2014, Auto-Encoding Variational Bayes, arXiv 1312.6114",
    ),
    "iwae": ModelEntry(
        "iwae",
        "IWAE",
        "importance weighted autoencoder, one or two stochastic layers",
        "Burda, Grosse & Salakhutdinov 2015, Importance Weighted Autoencoders, arXiv 1509.00519",
    ),
    "cvae": ModelEntry(
        "vae",
        "VAE",
        "conditional variational autoencoder, labels in encoder and decoder",
        "Sohn, Lee & Yan 2015, Learning Structured Output Representation using Deep Conditional Generative Models",
        _LABELS,
    ),
    "aavae": ModelEntry(
        "aavae", "AAVAE", "adversary-activated VAE: a discriminator lets generated samples that pass count as data", _HU
    ),
    "aacvae": ModelEntry("aavae", "AAVAE", "adversary-activated conditional VAE", _HU, _LABELS),
    "svae": ModelEntry(
        "svae",
        "SVAE",
        "semi-supervised VAE, whose code has the class in it where the label is missing",
        "Kingma, Rezende, Mohamed & Welling 2014, Semi-Supervised Learning with Deep Generative Models, "
        "arXiv 1406.5298",
        _LABELS,
    ),
    "aasvae": ModelEntry("aasvae", "AASVAE", "adversary-activated semi-supervised VAE", _HU, _LABELS),
    "wakesleep": ModelEntry(
        "wakesleep",
        "WakeSleep",
        "Helmholtz machine, binary codes, trained by wake and sleep",
        "Hinton, Dayan, Frey & Neal 1995, The Wake-Sleep Algorithm for Unsupervised Neural Networks",
    ),
    "rws": ModelEntry(
        "rws",
        "RWS",
        "Helmholtz machine trained by reweighted wake-sleep",
        "Bornschein & Bengio 2015, Reweighted Wake-Sleep, arXiv 1406.2751",
    ),
    "gan": ModelEntry(
        "gan",
        "GAN",
        "generative adversarial network, DCGAN's networks",
        "Goodfellow et al. 2014, Generative Adversarial Networks, arXiv 1406.2661",
    ),
    "iwgan": ModelEntry("iwgan", "IWGAN", "importance weighted GAN: generated samples weigh D / (1 - D)", _HU),
    "sngan": ModelEntry(
        "gan",
        "GAN",
        "GAN with the hinge loss and a spectrally normalised discriminator",
        "Miyato, Kataoka, Koyama & Yoshida 2018, Spectral Normalization for GANs, arXiv 1802.05957",
        {"adversarial_loss": "hinge", "normalization": "spectral"},
    ),
    "wgan_gp": ModelEntry(
        "gan",
        "GAN",
        "Wasserstein GAN with a gradient penalty",
        "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, arXiv 1704.00028",
        {
            "adversarial_loss": "wasserstein",
            "gradient_penalty": 10.0,
            "normalization": "layer",
            "discriminator_steps": 5,
        },
    ),
    "cgan": ModelEntry(
        "gan",
        "GAN",
        "conditional GAN, labels in generator and (by projection) discriminator",
        "Mirza & Osindero 2014, Conditional Generative Adversarial Nets, arXiv 1411.1784",
        _LABELS,
    ),
    "iwcgan": ModelEntry("iwgan", "IWGAN", "importance weighted conditional GAN", _HU, _LABELS),
    "infogan": ModelEntry(
        "infogan",
        "InfoGAN",
        "GAN with a category and continuous codes, which are recovered from its images",
        "Chen et al. 2016, InfoGAN: Interpretable Representation Learning, arXiv 1606.03657",
    ),
    "ali": ModelEntry(
        "ali",
        "ALI",
        "adversarially learned inference (bidirectional GAN), a GAN of pairs of image and code",
        "Dumoulin et al. 2017, Adversarially Learned Inference, arXiv 1606.00704; Donahue et al. 2017, Adversarial "
        "Feature Learning, arXiv 1605.09782",
    ),
    "vaegan": ModelEntry(
        "vaegan",
        "VAEGAN",
        "VAE whose decoder is a GAN's generator, with the discriminator's features or the pixels as likelihood",
        "Larsen, Soenderby, Larochelle & Winther 2016, Autoencoding beyond Pixels Using a Learned Similarity Metric, "
        "arXiv 1512.09300",
    ),
    "aae": ModelEntry(
        "aae",
        "AAE",
        "adversarial autoencoder, whose codes are held to a prior, normal or a mixture by class",
        "Makhzani et al. 2015, Adversarial Autoencoders, arXiv 1511.05644",
    ),
    "pm": ModelEntry(
        "pm",
        "PM",
        "predictability minimisation, a binary code whose units cannot be predicted from one another",
        "Schmidhuber 1992, Learning Factorial Codes by Predictability Minimization, Neural Computation 4(6)",
    ),
    "cyclegan": ModelEntry(
        "cyclegan",
        "CycleGAN",
        "translation between two domains of images without pairs",
        "Zhu, Park, Isola & Efros 2017, Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial "
        "Networks, arXiv 1703.10593",
    ),
    "ada": ModelEntry(
        "ada",
        "ADA",
        "adversarial domain adaptation: a classifier that serves a second domain without labels",
        "Ganin & Lempitsky 2015, Unsupervised Domain Adaptation by Backpropagation, arXiv 1409.7495",
    ),
    "classifier": ModelEntry(
        "classifier",
        "Classifier",
        "small classifier, by which samples are judged",
        "its use: Salimans et al. 2016, Improved Techniques for Training GANs, arXiv 1606.03498",
        generative=False,
    ),
}
