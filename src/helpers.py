"""The notebooks' door to `jalur.helpers`: ``import helpers``, then ``helpers.open_study(...)``.

Where a file of your own has this name, write ``from jalur import helpers`` instead.
"""

from jalur.helpers import Study, open_study

__all__ = ["Study", "open_study"]
