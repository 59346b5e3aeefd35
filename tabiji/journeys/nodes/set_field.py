"""項目を変える: sets one field of the person."""

from __future__ import annotations

from collections.abc import Sequence

from tabiji.journeys.contracts import Advance, Problem, SetField, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result
from tabiji.people.public import fields


class SetFieldConfig(Config):
    field: str = ""
    value: str = ""


class SetFieldNode(NodeType[SetFieldConfig]):
    name = "set_field"
    icon = "forms"
    touches_people = True
    config = SetFieldConfig

    def run(self, config: SetFieldConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        return Result(
            [Advance()] * len(travellers),
            [SetField(traveller, config.field, config.value) for traveller in travellers],
        )

    def problems(self, config: SetFieldConfig, node_id: str) -> list[Problem]:
        known = {info.key: info for info in fields.list_fields()}
        try:
            fields.clean(known, config.field, config.value)
        except fields.UnknownField:
            return [Problem(node_id, "unknown_field", {"field": config.field})]
        except fields.BadValue as error:
            return [Problem(node_id, "bad_value", {"field": config.field, "why": error.why})]
        return []

    def sentence(self, config: SetFieldConfig, language: str) -> str:
        label = next((info.label for info in fields.list_fields() if info.key == config.field), config.field)
        return (
            f"「{label}」を「{config.value}」にする"
            if language == "ja"
            else f"Set {label} to “{config.value}”"
        )


NODE = SetFieldNode()
