"""What the pages of a cohort are made of: tables, figures, and findings with their numbers and words."""

import base64

from ..cohort.finding import PRIMARY, p_text
from .markup import Markup, element, void


def table_of(names, rows, **attributes):
    """A table whose first column names the row; the last cell of a row that is too short reaches to the table's end."""
    head = element("thead", element("tr", [element("th", name, scope="col") for name in names]))
    body = [element("tr", element("th", row[0], scope="row"), _cells(row[1:], len(names) - 1)) for row in rows]
    return element("table", head, element("tbody", body), **attributes)


def _cells(row, count):
    short = {"colspan": count - len(row) + 1} if len(row) < count else {}
    return [*(element("td", cell) for cell in row[:-1]), element("td", row[-1], **short)]


def figure_of(picture, **attributes):
    """A picture with its caption, its data within the page."""
    data = base64.b64encode(picture.png).decode()
    image = void("img", src=f"data:image/png;base64,{data}", alt=picture.alt)
    return element("figure", image, element("figcaption", picture.caption), **attributes)


def findings_table(findings, methods, on_paper=True, **attributes):
    """A table of findings, two rows each; empty where there are none. `on_paper`: it is printed too."""
    if not findings:
        return Markup()
    if on_paper:
        methods.print_those_of(findings)
    names = {
        "What": "what",
        "n": "n",
        "Estimate": "estimate",
        "95 % CI": "interval",
        "Test": "test",
        "P": "p",
        "Holm": "p",
        "Method": "method",
    }
    head = element(
        "thead", element("tr", [element("th", name, scope="col", class_=width) for name, width in names.items()])
    )
    rows = [_finding(finding, methods) for finding in findings]
    return element("table", head, *rows, **({"class_": "findings"} | attributes))


def _finding(finding, methods):
    """Two rows: the numbers, and beneath them the words."""
    test = finding.test or ""
    if finding.statistic is not None:
        test += f" ({finding.statistic:.4g})"
    cells = (
        (_counts(finding.n), ""),
        (_estimate(finding), ""),
        ("{:.3g} to {:.3g}".format(*finding.ci) if finding.ci else "", ""),
        (test, "test"),
        (_p(finding.p), "numbers"),
        (_holm(finding), "numbers"),
        (methods.link(finding), ""),
    )
    what = finding.what + (" (as in the paper, not what it claims)" if finding.as_in_paper else "")
    return element(
        "tbody",
        element(
            "tr",
            element("th", what, scope="rowgroup", rowspan=2),
            [element("td", cell, **({"class_": name} if name else {})) for cell, name in cells],
        ),
        element("tr", element("td", finding.words, class_="words", colspan=len(cells))),
        class_="finding" + (" has-estimate" if finding.estimate is not None else ""),
    )


def _counts(n):
    """'27 patients (139 values), 13 controls': the values of a group stand with it where it gives several a subject."""
    values = {
        name.removeprefix("values_of_").replace("_", " "): count
        for name, count in n.items()
        if name.startswith("values_of_")
    }
    return ", ".join(
        f"{count} {name}" + (f" ({values[name]} values)" if values.get(name, count) != count else "")
        for name, count in (
            (name.replace("_", " "), count) for name, count in n.items() if not name.startswith("values_of_")
        )
    )


def _p(p):
    return p_text(p).removeprefix("P ").removeprefix("= ") if p is not None else ""


def _holm(finding):
    """The adjusted P, or what the test is to the study where it has none."""
    return _p(finding.p_holm) if finding.p_holm is not None else "primary" if finding.standing == PRIMARY else ""


def _estimate(finding):
    if finding.estimate is None:
        return ""
    unit = f" {finding.unit}" if finding.unit else ""
    return f"{finding.quantity} {finding.estimate:.3g}{unit}"


class Methods:
    """The methods of a cohort's findings, numbered in the order in which they come; `printed`: those on paper."""

    def __init__(self, cohort):
        self.texts = list(dict.fromkeys(finding.method for _, finding in cohort.all_findings() if finding.method))
        self._numbers = {text: number for number, text in enumerate(self.texts, 1)}

        self.printed = set()

    def print_those_of(self, findings):
        """The methods of these findings stand on paper too."""
        self.printed |= {finding.method for finding in findings}

    def link(self, finding):
        """Number of the finding's method, from 1, which leads to it; empty where it has none."""
        if not finding.method:
            return ""
        number = self._numbers[finding.method]
        return element("a", str(number), href=f"#method-{number}")
