"""Lets pbr and older tools find the package; everything is in pyproject.toml."""
import setuptools

setuptools.setup(setup_requires=["pbr"], pbr=True)
