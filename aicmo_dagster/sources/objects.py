"""From JSON objects to records of leads."""

import json
from collections.abc import Mapping
from functools import lru_cache

from aicmo_dagster.sources.headers import HeaderMap, matched, normal
from aicmo_dagster.vendors import json_paths

_written = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder each time


class ObjectReader:
    """Reads objects in which a lead's values have known names, or those that the campaign gives.

    `fields` (field -> path) wins over `columns` (name -> field), and this over the names that are known by
    themselves. Names of nested values are their paths, such as `company.name`.
    """

    def __init__(self, fields: Mapping[str, str], columns: Mapping[str, str], label: str) -> None:
        self._fields = dict(fields)
        self._columns = dict(columns)
        self._label = label
        self._shape = lru_cache(1_024)(self._of_names)

    def read(self, value: object) -> dict[str, str]:
        """Returns the record (see `sources.source.Chunk`) of an object.

        Raises ValueError, with a sentence, where it is no object or not one that can be taken.
        """
        if not isinstance(value, Mapping):
            raise ValueError(
                f"The record {json_paths.described(value)}; a lead is an object with named values."
            )
        values = json_paths.flat(value)
        said = {field: json_paths.text_at(value, path) for field, path in self._fields.items()}
        record = {field: text for field, text in said.items() if text is not None}
        for path in self._fields.values():
            values.pop(path, None)
        texts = list(values.values())
        shape = self._shape(tuple(values))
        extra = {shape.names[index]: texts[index] for index in shape.extra}
        for field, index in shape.fields.items():
            if field in record:
                extra[shape.names[index]] = texts[index]
            else:
                record[field] = texts[index]
        if extra:
            record["extra"] = _written(extra)
        return record

    def _of_names(self, names: tuple[str, ...]) -> HeaderMap:
        keys = {normal(name) for name in names}
        columns: dict[str, str] = {}
        for name, field in self._columns.items():
            # A file has its columns or has not; of objects each may lack what another has.
            if (name in names or normal(name) in keys) and field not in columns.values():
                columns[name] = field
        return matched(names, columns, self._label)
