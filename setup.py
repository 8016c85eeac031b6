"""Build script: the repository's root is the package ``unizoo`` (see CONTRIBUTING.md, "Layout")."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOMS = ("zoo", "layers", "losses", "data", "training", "evaluation", "export", "workflows", "cli")
ROOT_MODULES = ("__init__", "__main__", "_lazy")


class BuildPy(build_py):
    """Keeps ``setup.py`` and its like out of the wheel: of the root, only the package's own modules go in."""

    def find_package_modules(self, package, package_dir):
        """The modules of a package, for the root only its own."""
        modules = super().find_package_modules(package, package_dir)
        return [m for m in modules if package != "unizoo" or m[1] in ROOT_MODULES]


def version() -> str:
    """The version that the root ``__init__.py`` states."""
    for line in Path(__file__).with_name("__init__.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("__version__"):
            return line.split('"')[1]
    raise RuntimeError("__init__.py states no __version__")


SERVE = ["tensorflow-serving-api>=2.20", "grpcio>=1.60", "starlette>=0.37", "uvicorn>=0.29", "orjson>=3.10"]
DOCS = ["mkdocs-material>=9.5", "mkdocstrings-python>=1.10", "latex2mathml>=3.77"]
TEST = [*SERVE, "pytest>=8", "pytest-xdist>=3.5"]

setup(
    name="unizoo",
    version=version(),
    description="A TensorFlow/Keras zoo of deep generative models in which GANs and VAEs are one family",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    package_dir={"unizoo": "."},
    packages=[
        "unizoo",
        *("unizoo." + p for p in find_packages(include=[*ROOMS, *(r + ".*" for r in ROOMS)])),
    ],
    package_data={"unizoo.zoo": ["presets/*/*"]},
    cmdclass={"build_py": BuildPy},
    install_requires=[
        "tensorflow>=2.20",
        "keras>=3.12",
        "tensorflow-probability>=0.25",
        "tf-keras>=2.20",  # TensorFlow Probability does not import without it
        "setuptools; python_version >= '3.12'",  # nor, there, without distutils
        "tensorboard",
        "numpy",
        "pillow",
        "matplotlib",
        "scikit-learn",
        "rich",
        "click>=8.1",
    ],
    extras_require={
        "serve": SERVE,
        "hub": ["huggingface_hub"],
        "gpu": ["tensorflow[and-cuda]>=2.20"],
        "test": TEST,
        "docs": DOCS,
        "dev": [*TEST, *DOCS, "ruff", "build", "huggingface_hub"],
    },
    entry_points={"console_scripts": ["unizoo=unizoo.cli:main"]},
    classifiers=[
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
