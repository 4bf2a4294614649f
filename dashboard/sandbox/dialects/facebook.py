"""Facebook's dialect: Pages with a token each, posts with the comments below them."""

from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import MAX_TEXT, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal
from dashboard.sandbox.dialects import graph, kit, page_log_in
from dashboard.sandbox.dialects.page_log_in import ROOT
from dashboard.sandbox.model import Account, Scope
from dashboard.sandbox.verdicts import Finding

DIALECT = Dialect(
    key="facebook",
    label="Facebook",
    scopes={
        "pages_show_list": frozenset({Scope.PROFILE}),
        "pages_read_engagement": frozenset({Scope.POSTS_READ}),
        "pages_read_user_content": frozenset({Scope.MENTIONS_READ}),
        "pages_messaging": frozenset({Scope.MESSAGES_READ}),
        "pages_manage_posts": frozenset({Scope.POSTS_WRITE}),
    },
    separator=",",
    pkce=Pkce.UNKNOWN,
    asks_again=frozenset({("auth_type", "reauthenticate")}),
    renewal=Renewal.ITSELF,
    access_life=graph.LONG_LIFE,
    residents=page_log_in.RESIDENTS,
)
bp = kit.blueprint(DIALECT, page_log_in.AUTHORIZE)


def _page(of: Account) -> dict[str, Any]:
    return {"id": of.id, "name": of.name, "username": of.handle}


page_log_in.add(bp, DIALECT, _page)


@bp.get(f"{ROOT}/<account_id>")
def page(account_id: str) -> Response:
    """The Page itself."""
    judged = kit.judge(DIALECT, Scope.PROFILE, account_id)
    if judged.account is None or judged.finding is not Finding.FINE:
        return graph.refusal(judged)
    return jsonify(_page(judged.account))


@bp.get(f"{ROOT}/<account_id>/published_posts")
def posts(account_id: str) -> Response:
    """What the Page posted, with the comments below it where those are asked for."""
    wanted = "comments" in request.args.get("fields", "")
    scope = Scope.MENTIONS_READ if wanted else Scope.POSTS_READ
    judged = kit.judge(DIALECT, scope, account_id)
    if judged.account is None or judged.finding is not Finding.FINE:
        return graph.refusal(judged)
    account = judged.account
    below = graph.comments_by_post(account) if wanted else {}

    def say(post: Post) -> dict[str, Any]:
        comments = [
            {
                "id": one.id,
                "message": one.text,
                "from": {"name": one.author_name},
                "created_time": iso(one.created_at),
            }
            for one in below.get(post.id, [])
        ]
        said: dict[str, Any] = {
            "id": post.id,
            "message": post.text,
            "created_time": iso(post.created_at),
        }
        return said | ({"comments": {"data": comments}} if wanted else {})

    return graph.listing(lambda limit, before: kit.posts(account, limit=limit, before=before), say)


@bp.get(f"{ROOT}/<account_id>/tagged")
def tagged(account_id: str) -> Response:
    """What others posted that names the Page."""
    names = {"text": "message", "at": "created_time", "author": "from"}
    return graph.tagged(DIALECT, account_id, names)


@bp.post(f"{ROOT}/<account_id>/feed")
@bp.post(f"{ROOT}/<account_id>/photos")
def publish(account_id: str) -> Response:
    """Post a text, or the words of a picture, which itself nobody will see."""
    judged = kit.judge(DIALECT, Scope.POSTS_WRITE, account_id)
    if judged.account is None or judged.grant is None or judged.finding is not Finding.FINE:
        return graph.refusal(judged)
    text = request.form.get("message", "")
    if not 0 < len(text) <= MAX_TEXT:
        return graph.error(100, "The message is too short or too long.")
    return jsonify({"id": kit.publish(judged.account, judged.grant, text).id})


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=graph.disturbance)
