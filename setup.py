"""Put the notebooks, the example data and the parameter files of the repository into the wheel (`jalur init`)."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

EXAMPLE = ("notebooks", "data", "params", "environment.yml", "requirements.lock")


class BuildWithExample(build_py):
    """The usual build, and the example beside the modules; an editable install finds it in the repository."""

    def run(self) -> None:
        """Build."""
        super().run()
        if self.editable_mode:
            return
        for name in EXAMPLE:
            source, target = Path(name), Path(self.build_lib, "jalur", "example", name)
            if source.is_dir():
                ignored = shutil.ignore_patterns(".*", "__pycache__")
                shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignored)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


setup(cmdclass={"build_py": BuildWithExample})
