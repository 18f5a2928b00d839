"""Models that put donors in the firm's place."""

from __future__ import annotations

from analysis.models.completion import MatrixCompletion
from analysis.models.differences import DifferenceInDifferences, SyntheticDifference
from analysis.models.donors import ElasticNet, RidgeAugmented, SyntheticControl
from analysis.models.latent import InteractiveEffects
from analysis.models.spec import DONORS, ModelSpec

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="did",
        title="difference in differences",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=DifferenceInDifferences(),
        reference="Ashenfelter and Card (1985), Rev. Econ. Stat.",
    ),
    ModelSpec(
        id="synthetic",
        title="synthetic control",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=SyntheticControl(),
        reference="Abadie, Diamond and Hainmueller (2010), JASA",
    ),
    ModelSpec(
        id="synthetic-ridge",
        title="ridge-augmented synthetic control",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=RidgeAugmented(),
        reference="Ben-Michael, Feller and Rothstein (2021), JASA",
    ),
    ModelSpec(
        id="sdid",
        title="synthetic difference in differences",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=SyntheticDifference(),
        reference="Arkhangelsky et al. (2021), Am. Econ. Review",
    ),
    ModelSpec(
        id="ife",
        title="interactive fixed effects",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=InteractiveEffects(),
        reference="Bai (2009), Econometrica; Xu (2017), Political Analysis",
    ),
    ModelSpec(
        id="matrix-completion",
        title="matrix completion",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=MatrixCompletion(),
        reference="Athey et al. (2021), JASA",
    ),
    ModelSpec(
        id="elastic-net",
        title="elastic-net control",
        family="control portfolios",
        regressors=(DONORS,),
        estimator=ElasticNet(),
        reference="Doudchenko and Imbens (2016), NBER working paper 22791",
    ),
)
"""In the order in which lists show them."""
