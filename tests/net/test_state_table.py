"""The state table, cell by cell, against PS3.8 table 9-10 as it is printed: a row per event, a column per state."""

from __future__ import annotations

import pytest

from dicomkit.net.state_table import ACTIONS, ALTERNATIVES, TRANSITIONS, Input, State

# PS3.8 table 9-10. Action/next state; a dot is an empty cell. "3/13": the next state depends on the action.
TABLE = """
     Sta1     Sta2      Sta3      Sta4     Sta5      Sta6      Sta7       Sta8      Sta9      Sta10      Sta11     Sta12     Sta13
 1   AE-1:4   .         .         .        .         .         .          .         .         .          .         .         .
 2   .        .         .         AE-2:5   .         .         .          .         .         .          .         .         .
 3   .        AA-1:13   AA-8:13   .        AE-3:6    AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-6:13
 4   .        AA-1:13   AA-8:13   .        AE-4:1    AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-6:13
 5   AE-5:2   .         .         .        .         .         .          .         .         .          .         .         .
 6   .        AE-6:3/13 AA-8:13   .        AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-7:13
 7   .        .         AE-7:6    .        .         .         .          .         .         .          .         .         .
 8   .        .         AE-8:13   .        .         .         .          .         .         .          .         .         .
 9   .        .         .         .        .         DT-1:6    .          AR-7:8    .         .          .         .         .
10   .        AA-1:13   AA-8:13   .        AA-8:13   DT-2:6    AR-6:7     AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-6:13
11   .        .         .         .        .         AR-1:7    .          .         .         .          .         .         .
12   .        AA-1:13   AA-8:13   .        AA-8:13   AR-2:8    AR-8:9/10  AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-6:13
13   .        AA-1:13   AA-8:13   .        AA-8:13   AA-8:13   AR-3:1     AA-8:13   AA-8:13   AR-10:12   AR-3:1    AA-8:13   AA-6:13
14   .        .         .         .        .         .         .          AR-4:13   AR-9:11   .          .         AR-4:13   .
15   .        .         AA-1:13   AA-2:1   AA-1:13   AA-1:13   AA-1:13    AA-1:13   AA-1:13   AA-1:13    AA-1:13   AA-1:13   .
16   .        AA-2:1    AA-3:1    .        AA-3:1    AA-3:1    AA-3:1     AA-3:1    AA-3:1    AA-3:1     AA-3:1    AA-3:1    AA-2:1
17   .        AA-5:1    AA-4:1    AA-4:1   AA-4:1    AA-4:1    AA-4:1     AA-4:1    AA-4:1    AA-4:1     AA-4:1    AA-4:1    AR-5:1
18   .        AA-2:1    .         .        .         .         .          .         .         .          .         .         AA-2:1
19   .        AA-1:13   AA-8:13   .        AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-8:13    AA-8:13   AA-8:13   AA-7:13
"""  # noqa: E501  # as wide as it is in the standard
ROWS = {int(row.split()[0]): row.split()[1:] for row in TABLE.strip().splitlines()[1:]}
CELLS = [(event, state, ROWS[event][state - 1]) for event in range(1, 20) for state in range(1, 14)]


def test_the_table_has_all_cells() -> None:
    assert len(CELLS) == 13 * 19
    assert [*Input] == list(range(1, 20))
    assert [*State] == list(range(1, 14))


@pytest.mark.parametrize(("event", "state", "cell"), CELLS)
def test_cell(event: int, state: int, cell: str) -> None:
    transition = TRANSITIONS.get((State(state), Input(event)))
    if cell == ".":
        assert transition is None
        return
    assert transition is not None
    action, after = cell.split(":")
    first, _, second = after.partition("/")
    assert transition == (action, State(int(first)))
    assert ALTERNATIVES.get(action) == (State(int(second)) if second else None)


def test_every_action_is_described_and_used() -> None:
    # PS3.8 tables 9-6 to 9-9
    names = [f"AE-{n}" for n in range(1, 9)] + ["DT-1", "DT-2"] + [f"AR-{n}" for n in range(1, 11)]
    assert [*ACTIONS] == names + [f"AA-{n}" for n in range(1, 9)]
    assert {action for action, _ in TRANSITIONS.values()} == set(ACTIONS)
