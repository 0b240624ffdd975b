"""The recorded thread of Reddit, 536 comments under one submission."""

import json

from tests.loopback.replay import interactions_of, recorded


class RecordedTree:
    """The recorded thread, for any grouping of what is asked: each id brings what Reddit answered for it, wherever that stands.

    The recording asked for up to 156 comments at once, which Reddit no longer takes.
    """

    def __init__(self):
        self.first, self.branches, self.found = None, {}, {}
        self.asked = []
        self.comments = {thing["data"]["name"]: {**thing, "data": {**thing["data"], "replies": ""}} for thing in _comments()}
        for one in interactions_of(recorded("reddit/submission_tree_more.json")):
            if one.method == "GET":
                branch = one.path.partition("/_/")[2]
                if branch:
                    self.branches[branch] = one.answer
                else:
                    self.first = one.answer
            elif one.children:
                self._keep(json.loads(one.answer.body)["json"]["data"]["things"], one.children)

    def _keep(self, things, asked):
        parents = {thing["data"]["id"]: thing["data"]["parent_id"] for thing in things if thing["kind"] == "t1"}
        for thing in things:
            name, parent = thing["data"]["id"], thing["data"]["parent_id"]
            if thing["kind"] == "more" and parent == "t3_3hahrw":
                # these were asked for and not brought: what is asked next brings them
                continue
            root = name if thing["kind"] == "t1" else parent[3:]
            while parents.get(root, "t3_")[3:] in parents:
                root = parents[root][3:]
            assert root in asked
            self.found.setdefault(root, []).append(thing)

    def more(self, request):
        children = request.form["children"][0].split(",")
        assert len(children) <= 100
        assert request.form["link_id"] == ["t3_3hahrw"]
        self.asked += children
        return {"json": {"errors": [], "data": {"things": [thing for child in children for thing in self.found.get(child, ())]}}}

    def branch(self, request):
        self.asked.append(request.groups["branch"])
        return self.branches[request.groups["branch"]]


def everything_recorded():
    """The ids of its comments, some of them more than once."""
    return [thing["data"]["id"] for thing in _comments()]


def _comments():
    def inside(part):
        if isinstance(part, dict):
            if part.get("kind") == "t1":
                yield part
            for value in part.values():
                yield from inside(value)
        elif isinstance(part, list):
            for value in part:
                yield from inside(value)

    for one in interactions_of(recorded("reddit/submission_tree_more.json")):
        yield from inside(json.loads(one.answer.body))
