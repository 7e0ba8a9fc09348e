"""Our own connection to the broker: whether it has stood long enough to judge by what it brings."""


class Uplink:
    """Settled once it has stood for ``settle_us``; one that comes and goes stays lost.

    ``unseen_us`` is the moment after which nothing was judged, when an engine before this one
    has left it; homes are then unseen since that moment, not since we began to look.
    """

    def __init__(self, settle_us: int, unseen_us: int | None = None) -> None:
        self._settle_us, self._unseen_us = settle_us, unseen_us
        self._linked_us: int | None = None
        self._lost_us: int | None = None

    def follow(self, now_us: int, *, is_linked: bool) -> bool:
        """Note how it stands now; return whether it is settled."""
        if not is_linked:
            self._linked_us = None
            if self._lost_us is None:
                self._lost_us = now_us
            return False
        if self._linked_us is None:
            self._linked_us = now_us
        if now_us - self._linked_us < self._settle_us:
            return False
        self._lost_us = self._unseen_us = None
        return True

    def lost_us(self, now_us: int) -> int | None:
        """Return since when nobody can be watched, None while the link stands or is fresh.

        A link that stands and is not settled yet says nothing: what it brings is awaited.
        """
        if self._lost_us is None or self._linked_us is not None:
            return None
        if now_us - self._lost_us < self._settle_us:
            return None
        return self._lost_us if self._unseen_us is None else min(self._lost_us, self._unseen_us)
