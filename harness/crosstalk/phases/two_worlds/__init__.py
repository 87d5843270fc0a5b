"""Two worlds: what one user observes must not depend on what the others do or store.

This is noninterference itself (Goguen and Meseguer 1982), tried out: the calls of one user, the
observer, are made again in a world in which the others are *active*, in one in which they are
*absent*, and in one in which they store *other secrets*. What the observer is answered is compared
after ids, times and cursors are put in a form that does not depend on the world. So it needs no
marker and no reading before and after, and sees what other oracles cannot: totals, order, pages
that others' rows have crowded out, names that are taken, gaps in numbers, limits, times.

Most visits lie in one world: `watch` has the observer look again and again, while the others act in
some of the pauses and rest in others, `watching` notices what changes, and `correlation` tests
numbers that are never steady. What they notice is played in worlds of its own.

`permitted_sources` says whose activity may matter, `plan` makes a plan from a history, `world_runs`
makes its calls in one world after the other, `comparison` finds the first difference,
`minimization` the smallest activity that causes it, and `phase` is what a campaign calls between
its examples.

It does not judge calls that refer to what others have: in a world without them such an id has
no owner, and to compare that is the existence oracle's part.
"""
