"""InfoGAN's inference head: a categorical code and continuous ones, independent given the image."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from .heads import Categorical, DistributionHead, MultivariateNormalDiag

tfd = tfp.distributions


@keras.saving.register_keras_serializable(package="unizoo")
class CategoryAndContinuous(DistributionHead):
    """A categorical code and a vector of continuous ones (Chen et al. 2016, Sec. 6), as a joint distribution.

    Its draws are dicts: `category` int32 [...], and `continuous` float32 [..., num_continuous] where there are any.

    Args:
        num_categories: number of categories, at least 2.
        num_continuous: number of continuous codes, 0 or more.
        min_scale: the smallest standard deviation of the continuous codes, which bounds their density.
        **kwargs: the other arguments of `DistributionHead`, without `event_shape`.
    """

    def __init__(self, num_categories, num_continuous, min_scale=0.1, **kwargs):
        category = Categorical(num_categories)
        continuous = MultivariateNormalDiag(num_continuous, min_scale=min_scale) if num_continuous else None
        heads = [head for head in (category, continuous) if head is not None]
        sizes = [head.params_size for head in heads]
        for head, size in zip(heads, sizes, strict=True):
            head.build((None, size))
        super().__init__(sum(sizes), **kwargs)
        self.num_categories = num_categories
        self.num_continuous = num_continuous
        self.min_scale = min_scale
        self.category = category
        self.continuous = continuous
        self._sizes = sizes

    def distribution(self, features):
        """The joint distribution of a category's logits, then locations and raw scales."""
        parts = tf.split(features, self._sizes, axis=-1)
        codes = {"category": self.category(parts[0])}
        if self.continuous is not None:
            codes["continuous"] = self.continuous(parts[1])
        return tfd.JointDistributionNamed(codes)

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        del config["event_shape"]
        return {
            **config,
            "num_categories": self.num_categories,
            "num_continuous": self.num_continuous,
            "min_scale": self.min_scale,
        }
