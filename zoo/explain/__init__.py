"""What a model says of itself, in the notation of Hu et al. 2018, and whether it is true.

from unizoo.zoo.explain import explain, explain_table
from unizoo.zoo.explain.verification import report, verify

print(explain("iwgan"))                     # or a model of your own
print(explain_table())                      # Table 1 of the paper, with a column for every model of the registry
print(report(verify("gan")))                # the identities of the theory, checked in numbers
"""

from .explanation import explain, explain_table, generative_model, logged_terms, networks_of

__all__ = ["explain", "explain_table", "generative_model", "logged_terms", "networks_of"]
