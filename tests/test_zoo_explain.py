"""What `explain` prints of each model, as text and as LaTeX."""

import itertools
import re
import shutil
import subprocess

import keras
import pytest
import unizoo
from matplotlib.mathtext import MathTextParser
from unizoo.zoo.explain import as_latex, explain, explain_table, logged_terms
from unizoo.zoo.explain.as_text import plain, said
from unizoo.zoo.explain.explanation import SLOTS
from unizoo.zoo.theory.rendering import text_clauses

TINY = {"image_shape": (16, 16, 1), "latent_dim": 3, "filters": 2}


def _parses(latex):
    """Whether a formula is mathematics to a parser of TeX; raises ValueError if not."""
    known = {r"\lVert": r"\|", r"\rVert": r"\|", r"\lvert": "|", r"\rvert": "|", r"\quad": " "}  # which it lacks
    for command, other in known.items():
        latex = latex.replace(command, other)
    MathTextParser("path").parse(f"${latex}$")


def _math(latex):
    """The formulas of a fragment: between dollars, in displays and the lines of alignments."""
    inline = re.findall(r"(?<!\\)\$(.+?)(?<!\\)\$", latex)
    displays = re.findall(r"\\\[(.+?)\\\]", latex)
    lines = [
        line for body in re.findall(r"\\begin\{align\*\}(.*?)\\end", latex, re.DOTALL) for line in body.split(r"\\")
    ]
    return [*inline, *displays, *(line.strip().removeprefix("&") for line in lines)]


# Text -----------------------------------------------------------------------------------------------------------------


def test_everything_the_model_declares_is_printed_within_100_columns(row):
    model = row.make()
    text = explain(model)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert text.lower().startswith(f"{row.model}: ")
    flat = " ".join(text.split())
    view = model.formulation
    formulas = map(plain, (view.kl, *view.parts, *view.where))
    for words in (*formulas, view.equations, view.behaviour, *view.parts.values(), *map(said, view.notes)):
        assert " ".join(words.split()) in flat
    for phase in model.phases:
        for clause in text_clauses(phase.formula):
            assert " ".join(clause.split()) in flat
        for term in phase.terms:
            assert term in flat


def test_an_explanation_reads_so():
    model = unizoo.zoo.model_class("iwgan")(**TINY, discriminator_steps=2)
    text = explain(model)
    assert text.splitlines()[2] == "Hu et al. 2018: Eqs. 4-8 for the discriminator, Eqs. 15-16 for the generator"
    phases = text[text.index("Phases") : text.index("Divergence")]
    assert phases == (
        "Phases of a training step\n"
        "  1. discriminator\n"
        "       max_phi E_{p_theta(x|y) p(y)} [ log q_phi(y|x) ]\n"
        "     loss     -2 times the line\n"
        "     updates  discriminator\n"
        "     repeats  2 times a step\n"
        "     logs     discriminator_loss, logits_real, logits_generated\n"
        "  2. generator\n"
        "       max_theta E_{z_1..z_k ~ p(z)} [ sum_i w~_i log q^r_phi(y=0|x(z_i)) ],\n"
        "       w~_i = sg( w_i / sum_j w_j ),\n"
        "       w_i = q^r_phi(y=0|x(z_i)) / q_phi(y=0|x(z_i))\n"
        "     updates  generator\n"
        "     repeats  once a step\n"
        "     logs     generator_loss, effective_sample_size\n"
        "\n"
    )


def test_what_is_said_follows_from_the_arguments(rows):
    by_name = {row.name: row for row in rows}
    ada = by_name["ada"]
    assert "q^r_phi(y|x)" in explain(ada.make(adaptation_weight=0.1)).partition("Notes")[0]
    alone = explain(ada.make(adaptation_weight=0.0))
    assert "q^r" not in alone
    assert "KL( p(c|z,y=1) || f_omega(c|G_theta(z)) )" in alone
    assert "theta in its second slot" in alone
    assert "0.2 E_{p_theta(x|y) p(y)}" in explain(ada.make(adaptation_weight=0.1))  # of two domains, summed
    assert "Lemma 1" not in explain(by_name["aae"].make(adversarial_loss="minimax"))
    assert "w_i = q^r_phi(y=0|x(z_i)) / q_phi(y=0|x(z_i))" in explain(by_name["iwgan"].make())
    assert "w_i = exp(V_phi(x(z_i)))" in explain(by_name["iwgan"].make(adversarial_loss="reverse_kl"))


def test_a_preset_s_folder_is_explained_as_configured(rows, tmp_path, monkeypatch):
    model = next(row for row in rows if row.name == "iwae").make()
    model.save_to_preset(tmp_path / "gan")  # as a model is called
    assert explain(str(tmp_path / "gan")) == explain(model)
    monkeypatch.chdir(tmp_path)
    assert explain("gan").startswith("GAN: ")


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_a_name_stands_for_the_model_with_its_defaults(name):
    assert explain(name) == explain(unizoo.zoo.make_model(name))


def test_the_slot_of_theta_sets_the_two_families_apart(row):
    model = row.make()
    slot = model.formulation.theta_slot
    if row.model in ("wgan_gp", "sngan"):
        assert slot == "neither"  # symmetric divergences
    elif row.model == "vaegan":
        assert slot == "both"
    elif row.name == "iwcgan_spectral_r1":
        assert slot == "second"  # weighted, the reverse KL divergence is KL
    else:
        assert slot == ("first" if "gan" in row.model or row.model in ("ada", "ali") else "second")
    assert f"theta {SLOTS[slot]}" in " ".join(explain(model).split())


def test_what_is_explained_is_the_model_as_configured(rows):
    by_name = {row.name: row for row in rows}
    assert "k = 4" in explain(by_name["iwae"].make())
    assert "max_eta" in explain(by_name["iwae_dreg"].make())
    assert "q_eta0(z_i|x)" in explain(by_name["iwae_dreg"].make())
    assert "updates  encoder, decoder, upper_encoder, upper_decoder" in explain(by_name["iwae_two_layers"].make())
    minimax = explain(by_name["iwgan"].make(adversarial_loss="minimax"))
    assert "min_theta E_{z_1..z_k ~ p(z)} [ sum_i w~_i log q_phi(y=0|x(z_i)) ]" in minimax
    assert "2 KL( p_m(x) || p_g(x) )" in minimax


def test_networks_given_by_the_user_are_called_by_their_part():
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16), keras.layers.Reshape((4, 4, 1))])
    discriminator = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model = unizoo.zoo.GAN(
        image_shape=(4, 4, 1), latent_dim=3, generator_network=generator, discriminator_network=discriminator
    )
    assert "updates  discriminator\n" in explain(model)
    assert "updates  generator\n" in explain(model)


def test_logged_terms_are_all_that_fit_logs(row):
    model = row.make()
    terms = logged_terms(model)
    assert [name for phase in terms.values() for name in phase.values()] == model.term_names
    assert list(terms) == [phase.name for phase in model.phases]


def test_a_model_of_ones_own_is_explained_by_its_docstring():
    class Mine(unizoo.zoo.VAE):
        """A model of my own.

        More of it.
        """

    assert explain(Mine((4, 4, 1), 2, (3,))).startswith("Mine: A model of my own\n=======================\n")


def test_errors_say_what_is_known():
    with pytest.raises(ValueError, match=r"Nearest: .*iwgan.*Received: 'iwgann'"):
        explain("iwgann")
    with pytest.raises(ValueError, match=r"Only generative models.*vae.*Received: 'classifier_mnist'"):
        explain("classifier_mnist")
    with pytest.raises(ValueError, match=r"Only generative models.*vae.*Received: 'classifier'"):
        explain("classifier")
    with pytest.raises(TypeError, match="Received: int"):
        explain(3)


# The table ------------------------------------------------------------------------------------------------------------


def test_the_table_has_a_column_for_every_model_and_a_row_for_every_part():
    table = explain_table()
    assert max(len(line) for line in table.splitlines()) <= 100
    lines = table.splitlines()
    columns = [name for above, line in itertools.pairwise(lines) if line == "-" * 100 for name in above.split()]
    assert sorted(column.lower() for column in columns) == unizoo.list_models()
    starts = [line.split("  ")[0] for line in table.splitlines() if line and line[0] != " "]
    for role in ("x", "y", "z", "p_theta(x|y)", "q_phi(y|x)", "q_eta(z|x,y)", "KL minimised", "slot of theta"):
        assert role in starts


def test_the_tables_cells_are_the_formulations():
    cells = {}  # by model and row
    for table in explain_table(latex=True).split(r"\begin{tabular}")[1:]:
        lines = [[cell.strip(" \\") for cell in line.split(" & ")] for line in table.splitlines() if " & " in line]
        names = lines[0][1:]
        cells.update({(name, row): cell for row, *line in lines for name, cell in zip(names, line, strict=True)})
    assert cells["GAN", "slot of theta"] == "first"
    assert cells["VAE", "slot of theta"] == "second"
    assert cells.get(("GAN", "$q_{\\eta}(z\\mid x,y)$"), "--") == "--"
    assert cells["VAE", "$q_{\\phi}(y\\mid x)$"].startswith(r"$q_{*}(y\mid x)$: the perfect discriminator")


# LaTeX ----------------------------------------------------------------------------------------------------------------


def test_code_in_a_sentence_is_set_as_code_and_commands_are_escaped():
    assert as_latex.prose("`upper_decoder`, 50% of it") == r"\texttt{upper\_decoder}, 50\% of it"
    assert as_latex.escaped("a_b%{~}\\") == r"a\_b\%\{\textasciitilde{}\}\textbackslash{}"


def test_every_formula_of_every_model_is_mathematics(row):
    latex = explain(row.make(), latex=True)
    formulas = _math(latex)
    assert len(formulas) >= len(row.make().formulation.parts) + len(row.make().phases)
    for formula in formulas:
        _parses(formula)
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    text = re.sub(
        r"\\begin\{align\*\}.*?\\end\{align\*\}|\\\[.*?\\\]|(?<!\\)\$.*?(?<!\\)\$", "", latex, flags=re.DOTALL
    )
    assert not re.search(r"(?<!\\)[_^#&]|\|", text)  # outside mathematics these would stop LaTeX, or print as dashes


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_latex_compiles(rows, tmp_path):
    fragments = [*(explain(row.make(), latex=True) for row in rows), explain_table(latex=True)]
    preamble = r"\documentclass{article}\usepackage{amsmath,amssymb,array}\begin{document}"
    (tmp_path / "all.tex").write_text("\n".join([preamble, *fragments, r"\end{document}"]))
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-draftmode", "all.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-2000:]
