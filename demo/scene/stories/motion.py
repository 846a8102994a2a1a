# SPDX-License-Identifier: Apache-2.0
"""How things move, as functions of time alone."""

import math


def smooth(w):
    w = min(1.0, max(0.0, w))
    return w * w * (3 - 2 * w)


def passing(e, t, turn, when, speed, reach=120.0):
    """A vehicle that drives straight along its lane and is at s = 0 at second `when`; away beyond `reach`."""
    d = 1 if turn == 0 else -1

    def move(now):
        s = d * speed * (now - when)
        e.speed = speed
        e.place(s, t, turn).show(abs(s) < reach)

    return move


def arrive_and_leave(stop, leave, cruise, brake, pull):
    """Distance to the stopping place (negative before it, positive after) and speed, by second."""
    braking = cruise / brake

    def at(now):
        if now < stop - braking:
            return -cruise * (stop - braking - now) - cruise * braking / 2, cruise
        if now < stop:
            left = stop - now
            return -brake * left * left / 2, brake * left
        if now < leave:
            return 0.0, 0.0
        gone = now - leave
        return pull * gone * gone / 2, pull * gone

    return at


def heading_along(lateral, s, d=1.0):
    """Degrees by which a path t = lateral(s) turns from the street's direction at s."""
    return math.degrees(math.atan2(lateral(s + 0.05 * d) - lateral(s - 0.05 * d), 0.1))
