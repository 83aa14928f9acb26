"""HTML from plain text: whatever is not markup already is escaped."""

from html import escape


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


def element(tag, *content, **attributes):
    """An element; `class_` and `aria_label` name the attributes class and aria-label.

    Parameters
    ----------
    tag : str
    *content : str, or iterables of str
        Escaped, unless it is Markup.

    Returns
    -------
    Markup
    """
    return Markup(f"<{tag}{_attributes(attributes)}>{joined(content)}</{tag}>")


def void(tag, **attributes):
    """An element without content, such as img."""
    return Markup(f"<{tag}{_attributes(attributes)} />")


def joined(content):
    """The content's parts, one after another, as Markup."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(content))
    return Markup("".join(joined(part) for part in content))


def _attributes(attributes):
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items()
    )
