"""What can be linked on this installation, as the list of platforms shows it."""

from dataclasses import dataclass

from dashboard.platforms.protocol import About
from dashboard.services import own_servers
from dashboard.services.ports import Tools
from dashboard.services.registrations import is_offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A platform, and whether accounts of it can be linked on this installation by now."""

    about: About
    is_set_up: bool
    needs: str  # in one sentence


def on_offer(tools: Tools) -> list[Offer]:
    """All platforms in their order; those that an administrator must set up first stand last."""
    offers = []
    for key, platform in tools.platforms.items():
        conditions = own_servers.usual_way(tools, platform.about).conditions
        offers.append(
            Offer(
                about=platform.about,
                is_set_up=is_offered(tools, key),
                needs=next(iter(conditions), ""),
            )
        )
    return sorted(offers, key=lambda offer: not offer.is_set_up)
