"""Actions that ask first. Unfold opens a dialog by GET, which changes nothing, and acts on the dialog's own POST."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def go_to(request: HttpRequest, address: str) -> HttpResponse:
    """Where a dialog leads once it has acted: a redirect that HTMX follows, or a plain one without it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
