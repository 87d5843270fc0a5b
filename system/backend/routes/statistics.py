"""REST on statistics: `/api/{user_id}/stats`."""

from fastapi import APIRouter

from system.backend.dependencies import ReadingSession
from system.backend.openapi.responses import USER_DATA
from system.store import stats
from system.store.schemas import UserStats

router = APIRouter(prefix="/api/{user_id}/stats", tags=["stats"])


@router.get("", responses=USER_DATA)
async def get_user_stats(session: ReadingSession) -> UserStats:
    """Count the user's tasks and projects."""
    return await stats.get_user_stats(session)
