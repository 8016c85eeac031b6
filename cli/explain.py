"""`unizoo explain`: models in the paper's notation, its Table 1, and whether its identities hold."""

import click

from .shell import WithTensorFlow


@click.command("explain", cls=WithTensorFlow)
@click.argument("models", nargs=-1)
@click.option("--latex", is_flag=True, help="Print LaTeX.")
@click.option("--table", is_flag=True, help="Print the paper's Table 1 for MODELS (without any, for all).")
@click.option(
    "--verify",
    is_flag=True,
    help="Check the theory's identities in numbers, those about MODELS first; exit code 1 if one does not hold.",
)
@click.option("--json", "as_json", is_flag=True, help="With --verify: print JSON.")
@click.pass_context
def command(context, models, latex, table, verify, as_json):
    """Print the phases of MODELS and their part in the unified view, in the paper's notation.

    A model is a name of `unizoo list`, with its default arguments; or a preset, name or folder, as it is configured.
    """
    if verify:
        if latex or table:
            raise click.UsageError("--verify goes with --json, not with --latex or --table.")
        context.exit(not _verify(models, as_json))
    if as_json:
        raise click.UsageError("--json goes with --verify.")
    if not (models or table):
        raise click.UsageError("Give MODELS, --table or --verify.")
    from ..zoo.explain import explain, explain_table

    texts = [explain_table(models, latex=latex)] if table else [explain(one, latex=latex) for one in models]
    click.echo("\n".join(texts))


def _verify(models, as_json):
    """Print what the identities give; whether all hold."""
    from ..zoo.explain import verification

    about, others = verification.verify_family(models)
    if as_json or not about:
        click.echo(verification.report(about + others, as_json=as_json))
    else:
        click.echo(verification.report(about) + "\n\nOf the rest of the family:\n")
        click.echo(verification.report(others))
    return all(verdict.holds for verdict in about + others)
