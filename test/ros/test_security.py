"""The policy files of SROS 2: each allows what its node has, and no more."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from helpers.ros_probe import NodeProcess, parameter_arguments

POLICIES = Path(__file__).parents[2] / "config" / "security"
# Used with `use_sim_time`, with clouds in another frame where tf2 is installed, and by ROS 2 after Humble.
NOT_ALWAYS = {"/clock", "/tf", "/tf_static", "~/get_type_description", "~/get_transition_graph"}
WEIGHTS = {"frontend": "weights", "triangulate": "", "densify": "d3", "bridge": ""}


def allowed(node: str) -> dict[str, set[str]]:
    """Names by rule."""
    profile = (
        ET.parse(POLICIES / f"{node}.policy.xml").getroot().find(f"enclaves/enclave/profiles/profile[@node='{node}']")
    )
    assert profile is not None
    assert {kind.tag for kind in profile} == {"topics", "services"}
    return {f"{kind.tag} {rule}": {name.text or "" for name in kind} for kind in profile for rule in kind.attrib}


@pytest.mark.parametrize("node", sorted(WEIGHTS))
def test_a_policy_allows_what_the_node_has_and_no_more(node, probe, tmp_path, request):
    fixture = WEIGHTS[node]
    parameters = {"weights": request.getfixturevalue(fixture)} if fixture else {}
    process = NodeProcess(tmp_path / "log", parameter_arguments(parameters, node), node)

    def names(kind: str) -> set[str]:
        try:
            found = getattr(probe.node, f"get_{kind}_names_and_types_by_node")(node, "/")
        except Exception:  # Not discovered yet.
            return set()
        return {f"~/{name.removeprefix(f'/{node}/')}" if name.startswith(f"/{node}/") else name for name, _ in found}

    def graph() -> dict[str, set[str]]:
        has = {"topics publish": "publisher", "topics subscribe": "subscriber", "services reply": "service"}
        return {rule: names(kind) - NOT_ALWAYS for rule, kind in has.items()}

    wanted = {rule: found - NOT_ALWAYS for rule, found in allowed(node).items()}
    try:
        probe.spin_until(lambda: graph() == wanted, f"the {node} node to have what its policy allows: {wanted}")
        probe.spin_for(0.5)
        assert graph() == wanted
        assert names("client") == set()
        assert not [name for name in wanted["services reply"] if "/_action/" in name]
    finally:
        assert process.stop() == 0
