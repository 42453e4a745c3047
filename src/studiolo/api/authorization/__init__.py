"""Microsoft.Authorization: role definitions and role assignments at any scope.

`filters` the $filter language · `scopes` what a role can be assigned at · `definitions`,
`assignments` the routes.
"""

from fastapi import APIRouter

from studiolo.api.authorization import assignments, definitions

router = APIRouter()
router.include_router(definitions.router)
router.include_router(assignments.router)

__all__ = ["router"]
