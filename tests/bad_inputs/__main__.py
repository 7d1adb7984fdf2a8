"""Print how many faulty inputs of each kind the corpus has: ``python tests/bad_inputs``."""

from collections import Counter

import command_cases
import ledger_cases

data = Counter(case.kind for case in ledger_cases.CASES)
commands = Counter(case.kind for case in command_cases.CASES)
print(f"{'kind':<10}  {'in data':>8}  {'in commands':>11}")
for kind in sorted(data.keys() | commands.keys()):
    print(f"{kind:<10}  {data[kind]:>8}  {commands[kind]:>11}")
print(f"{'all':<10}  {data.total():>8}  {commands.total():>11}")
