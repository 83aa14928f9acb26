"""Words of a study's tables by their English, which is what files and the analyses themselves go by."""

from ..translation import Note as _

_TERMS = (
    # What is estimated.
    *(_("AUC"), _("AUC of both together"), _("ICC(2,1)"), _("ICC(3,1)"), _("Kendall's W"), _("NPV"), _("PPV")),
    *(_("Spearman rho"), _("accuracy"), _("adjusted AUC"), _("adjusted difference"), _("bias"), _("centile")),
    *(_("chi-square"), _("count"), _("difference of AUC"), _("difference of sensitivity")),
    *(_("difference of specificity"), _("distance from the cut-off"), _("kappa"), _("likelihood ratio +")),
    *(_("likelihood ratio -"), _("mean"), _("median difference"), _("net reclassification"), _("none")),
    _("percentage of the control population below"),
    _("percentage of the control population of that age below"),
    *(_("percentile"), _("rank-biserial correlation"), _("repeatability coefficient"), _("sensitivity")),
    *(_("slope of the difference on the mean"), _("specificity"), _("standardised difference")),
    *(_("subjects in each group"), _("wCV"), _("weighted kappa")),
    # Tests.
    _("AUC over regions, labels of whole subjects permuted"),
    _("AUC over shared regions, labels permuted"),
    _("AUC, labels of whole subjects permuted"),
    _("AUC, labels of whole subjects permuted, rule applied anew"),
    *(_("Crawford-Howell t, one-sided"), _("DeLong's test"), _("Friedman"), _("Mann-Whitney U")),
    *(_("Spearman, regions as if independent"), _("Spearman, scores of whole patients permuted")),
    *(_("Spearman, scores permuted"), _("Wilcoxon signed-rank"), _("analysis of covariance"), _("exact McNemar")),
    *(_("penalised likelihood-ratio test"), _("regression of the difference on the mean")),
    _("t of the prediction, one-sided"),
    # What may confound.
    *(_("age"), _("sex")),
    # What is counted.
    *(_("censored regions of controls"), _("censored regions of mimics"), _("censored regions of patients")),
    *(_("controls"), _("controls of the norms"), _("controls with censored regions"), _("left onset"), _("mimics")),
    *(_("mimics and controls"), _("mimics with censored regions"), _("pairs"), _("pairs of readings"), _("patients")),
    *(_("patients with censored regions"), _("regions"), _("regions of controls"), _("regions of mimics")),
    *(_("regions of patients"), _("right onset"), _("scores"), _("subjects"), _("values of controls")),
    *(_("values of mimics"), _("values of mimics and controls"), _("values of patients")),
)
_NOTES = {str(one): one for one in _TERMS}


def term(text):
    """A word of the tables, 'values_of_patients' too, as a note; any other text, such as a scale's name, as it is."""
    return _NOTES.get(text.replace("_", " "), text)
