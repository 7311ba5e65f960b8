"""Path templates of all frameworks -> their shape, and OpenAPI's form of them."""

from __future__ import annotations

import pytest

from apilint.openapi import parameters, shape, template


@pytest.mark.parametrize(
    ("path", "expected", "shaped"),
    [
        ("/items/{id}", "/items/{id}", "/items/{}"),
        ("/items/{id:int}", "/items/{id}", "/items/{}"),
        ("/files/{path:path}", "/files/{path}", "/files/{}"),
        ("/items/<id>", "/items/{id}", "/items/{}"),
        ("/items/<int:id>/edit", "/items/{id}/edit", "/items/{}/edit"),
        ("/items/<int(min=1, max=2):id>", "/items/{id}", "/items/{}"),
        ("/items/<any(a, b):kind>.json", "/items/{kind}.json", "/items/{}.json"),
        (r"/items/{id:\d{4}}", "/items/{id}", "/items/{}"),
        (r"/items/(?P<pk>[^/.]+)/$", "/items/{pk}/", "/items/{}/"),
        (r"/items/(?P<pk>(a|b)+)\.json$", "/items/{pk}.json", "/items/{}.json"),
        (r"/items/(\d+)/[a-z]{2}/?$", "/items/{parameter}/{parameter_2}/", "/items/{}/{}/"),
        ("/{?}{?}", "/{parameter}{parameter_2}", "/{}{}"),
        ("/{a}/{a}", "/{a}/{a_2}", "/{}/{}"),
        ("/{broken", "/{broken}", "/{}"),
        ("/", "/", "/"),
    ],
)
def test_a_template(path: str, expected: str, shaped: str) -> None:
    assert template(path) == expected
    assert shape(path) == shaped == shape(expected)


def test_types_of_parameters() -> None:
    assert dict(parameters(r"/<int:a>/{b:uuid}/<c>/(?P<d>\d+)/{e:path}/<float:f>")) == {
        "a": {"type": "integer"},
        "b": {"type": "string", "format": "uuid"},
        "c": {"type": "string"},
        "d": {"type": "integer"},
        "e": {"type": "string"},
        "f": {"type": "number"},
    }
