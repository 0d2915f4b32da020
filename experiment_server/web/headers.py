"""The headers of every reply: what a page may load, who may frame it, what it tells others."""

from flask import Response, request

from experiment_server.doors import mturk
from experiment_server.studies.sections import Recruiting
from experiment_server.studies.study import Study

SOURCES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "base-uri 'none'",
)

# Pages need none of these, in a frame or not. Sound is the frame's owner's to allow (allow="autoplay");
# this header can take that away, but not give it, and "self" takes nothing.
PERMISSIONS = "autoplay=(self), camera=(), display-capture=(), geolocation=(), microphone=()"


OF_ALL = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
}
OF_DASHBOARD = {
    **OF_ALL,
    "Content-Security-Policy": "; ".join((*SOURCES, "form-action 'self'", "frame-ancestors 'none'")),
    "Referrer-Policy": "same-origin",  # forms are checked for coming from this site
    "X-Frame-Options": "DENY",
}


def add(response: Response, study: Study) -> None:
    """Give a reply the headers that keep pages to themselves.

    Participants' pages may be framed by the sites that the study names, and by MTurk's where that is
    a door, which is said by Content-Security-Policy alone: X-Frame-Options knows no list. The
    dashboard may be framed by nobody.
    """
    is_dashboard = f"{request.path}/".startswith("/dashboard/")
    wanted = OF_DASHBOARD if is_dashboard else _of_participants(study.recruiting)
    for name, value in wanted.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")


def _of_participants(recruiting: Recruiting) -> dict[str, str]:
    by_mturk = mturk.FRAMES if "mturk" in recruiting.doors else ()
    # Browsers hold a form's redirects to this rule too, and MTurk's hosts redirect to each other.
    forms = ("form-action", "'self'", *by_mturk)
    frames = ("frame-ancestors", "'self'", *by_mturk, *recruiting.frame_ancestors)
    return {
        **OF_ALL,
        "Content-Security-Policy": "; ".join((*SOURCES, " ".join(forms), " ".join(frames))),
        "Referrer-Policy": "no-referrer",  # panels' ids are in the address
    }
