"""Errors as problem documents (RFC 9457), for whatever goes wrong in a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

MEDIA_TYPE = "application/problem+json"


class ProblemDocument(BaseModel):
    """What went wrong, for programs (`status`) and people (`detail`)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str


class Problem(Exception):
    """A request that cannot be answered: its HTTP status, and one line that says what, expected, got, and what to do."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def answer(request: Request, problem: Problem) -> Response:
    """The problem document of a request."""
    document = ProblemDocument(
        title=HTTPStatus(problem.status).phrase, status=problem.status, detail=problem.detail, instance=request.url.path
    )
    return JSONResponse(document.model_dump(), problem.status, problem.headers, MEDIA_TYPE)


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Answer every error of an app with a problem document; `routes` are those that people may call with another method."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 405:  # starlette names the methods of one route, and a path may have several
            headers["Allow"] = ", ".join(sorted(_methods(routes, request.url.path)))
        return answer(request, Problem(error.status_code, str(error.detail), headers))

    @app.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> Response:
        found = [f"{'.'.join(str(place) for place in e['loc'])}: {e['msg']}" for e in error.errors()[:5]]
        return answer(request, Problem(422, "; ".join(found)))

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        return answer(request, Problem(500, f"a fault of this service, see its log for request {request.state.id}"))


def _methods(routes: Sequence[BaseRoute], path: str) -> set[str]:
    """The methods that a path has."""
    found = (route for route in routes if isinstance(route, Route) and route.path_regex.match(path))
    return {method for route in found for method in route.methods or ()}


def openapi(app: FastAPI) -> None:
    """Let an app's OpenAPI know the problem document, and the key that requests may carry."""
    made = app.openapi()  # which FastAPI keeps
    components = made.setdefault("components", {})
    components.setdefault("schemas", {})["ProblemDocument"] = ProblemDocument.model_json_schema()
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{}, {"key": []}]


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """FastAPI's `responses` for the problems that a route may answer."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    return {s: {"description": HTTPStatus(s).phrase, "content": {MEDIA_TYPE: schema}} for s in statuses}
