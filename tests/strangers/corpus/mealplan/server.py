"""Recipes, a week's plan and the shopping list that follows from it; FastAPI and SQLModel."""

import hashlib
import os
import secrets
import sys
import tempfile
import uuid
from collections import Counter
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field
from sqlalchemy import Engine, event
from sqlmodel import Field as Column
from sqlmodel import Session, SQLModel, col, create_engine, delete, select

KNOWN = {"plan-foreign-recipe", "ingredient-popularity", "delete-clears-plans"}
_set = os.environ.get("LEAKS", "all")
LEAKS = KNOWN if _set == "all" else {each.strip() for each in _set.split(",") if each.strip()}

folder = tempfile.TemporaryDirectory(prefix="mealplan-")
engine: Engine = create_engine(
    f"sqlite:///{Path(folder.name) / 'meals.db'}",
    connect_args={"check_same_thread": False, "timeout": 20},
)


@event.listens_for(engine, "connect")
def use_write_ahead_log(connection, _record):
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")


class Cook(SQLModel, table=True):
    username: str = Column(primary_key=True)
    salt: str
    digest: str


class Login(SQLModel, table=True):
    access_token: str = Column(primary_key=True)
    username: str = Column(index=True)


class Recipe(SQLModel, table=True):
    rowid: int | None = Column(default=None, primary_key=True)
    id: str = Column(default_factory=lambda: str(uuid.uuid4()), index=True)
    cook: str = Column(index=True)
    title: str
    servings: int
    method: str


class Ingredient(SQLModel, table=True):
    rowid: int | None = Column(default=None, primary_key=True)
    recipe_id: str = Column(index=True)
    name: str
    quantity: float
    unit: str


class PlannedMeal(SQLModel, table=True):
    rowid: int | None = Column(default=None, primary_key=True)
    id: str = Column(default_factory=lambda: str(uuid.uuid4()), index=True)
    cook: str = Column(index=True)
    recipe_id: str = Column(index=True)
    day: date
    meal: str


class SignUp(BaseModel):
    username: str = Field(min_length=3, max_length=30, pattern=r"^[a-z0-9_]+$")
    password: str = Field(min_length=6)


class IngredientIn(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    quantity: float = Field(gt=0)
    unit: str = Field(default="g", max_length=12)


class RecipeIn(BaseModel):
    title: str = Field(min_length=1, max_length=120)
    servings: int = Field(default=2, ge=1, le=40)
    method: str = Field(default="", max_length=4000)
    ingredients: list[IngredientIn] = Field(default_factory=list, max_length=50)


class RecipeOut(RecipeIn):
    id: str


class PlanIn(BaseModel):
    recipe_id: str
    day: date
    meal: str = Field(default="dinner", pattern="^(breakfast|lunch|dinner)$")


class PlanOut(PlanIn):
    id: str
    title: str


def session():
    with Session(engine) as opened:
        yield opened


Db = Annotated[Session, Depends(session)]
scheme = OAuth2PasswordBearer(tokenUrl="token")


def current_cook(token: Annotated[str, Depends(scheme)], db: Db) -> str:
    login = db.get(Login, token)
    if login is None:
        raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
    return login.username


Me = Annotated[str, Depends(current_cook)]


@asynccontextmanager
async def lifespan(_app: FastAPI):
    SQLModel.metadata.create_all(engine)
    yield
    folder.cleanup()


app = FastAPI(title="Mealplan", version="2.3", lifespan=lifespan)


def digest_of(password: str, salt: str) -> str:
    return hashlib.sha256((salt + password).encode()).hexdigest()


@app.post("/users", status_code=201)
def sign_up(form: SignUp, db: Db) -> dict[str, str]:
    if db.get(Cook, form.username):
        raise HTTPException(409, "That username is taken")
    salt = secrets.token_hex(8)
    db.add(Cook(username=form.username, salt=salt, digest=digest_of(form.password, salt)))
    db.commit()
    return {"username": form.username}


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db) -> dict[str, str]:
    cook = db.get(Cook, form.username)
    if cook is None or cook.digest != digest_of(form.password, cook.salt):
        raise HTTPException(400, "Incorrect username or password")
    login = Login(access_token=secrets.token_urlsafe(24), username=cook.username)
    db.add(login)
    db.commit()
    return {"access_token": login.access_token, "token_type": "bearer"}


@app.get("/users/me")
def me(cook: Me) -> dict[str, str]:
    return {"username": cook}


def full(recipe: Recipe, db: Session) -> RecipeOut:
    parts = db.exec(
        select(Ingredient).where(Ingredient.recipe_id == recipe.id).order_by(col(Ingredient.rowid))
    )
    return RecipeOut(
        id=recipe.id,
        title=recipe.title,
        servings=recipe.servings,
        method=recipe.method,
        ingredients=[IngredientIn(name=p.name, quantity=p.quantity, unit=p.unit) for p in parts],
    )


def own_recipe(recipe_id: str, cook: str, db: Session) -> Recipe:
    found = db.exec(select(Recipe).where(Recipe.id == recipe_id, Recipe.cook == cook)).first()
    if found is None:
        raise HTTPException(404, "Recipe not found")
    return found


def write(recipe: Recipe, given: RecipeIn, db: Session) -> RecipeOut:
    recipe.title, recipe.servings, recipe.method = given.title, given.servings, given.method
    db.add(recipe)
    db.exec(delete(Ingredient).where(col(Ingredient.recipe_id) == recipe.id))
    for each in given.ingredients:
        db.add(Ingredient(recipe_id=recipe.id, **each.model_dump()))
    db.commit()
    return full(recipe, db)


@app.get("/recipes")
def list_recipes(
    cook: Me,
    db: Db,
    q: Annotated[str | None, Query(description="part of the title")] = None,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[RecipeOut]:
    query = select(Recipe).where(Recipe.cook == cook)
    if q:
        query = query.where(col(Recipe.title).icontains(q, autoescape=True))
    found = db.exec(query.order_by(col(Recipe.rowid)).offset(skip).limit(limit))
    return [full(each, db) for each in found.all()]


@app.post("/recipes", status_code=201)
def add_recipe(given: RecipeIn, cook: Me, db: Db) -> RecipeOut:
    return write(Recipe(cook=cook, title="", servings=1, method=""), given, db)


@app.get("/recipes/{recipe_id}")
def get_recipe(recipe_id: str, cook: Me, db: Db) -> RecipeOut:
    return full(own_recipe(recipe_id, cook, db), db)


@app.put("/recipes/{recipe_id}")
def change_recipe(recipe_id: str, given: RecipeIn, cook: Me, db: Db) -> RecipeOut:
    return write(own_recipe(recipe_id, cook, db), given, db)


@app.delete("/recipes/{recipe_id}", status_code=204)
def delete_recipe(recipe_id: str, cook: Me, db: Db) -> None:
    if "delete-clears-plans" in LEAKS:
        db.exec(delete(PlannedMeal).where(col(PlannedMeal.recipe_id) == recipe_id))
        db.commit()
    recipe = own_recipe(recipe_id, cook, db)
    db.exec(delete(PlannedMeal).where(col(PlannedMeal.recipe_id) == recipe_id))
    db.exec(delete(Ingredient).where(col(Ingredient.recipe_id) == recipe_id))
    db.delete(recipe)
    db.commit()


@app.post("/recipes/{recipe_id}/copy", status_code=201)
def copy_recipe(recipe_id: str, cook: Me, db: Db) -> RecipeOut:
    given = full(own_recipe(recipe_id, cook, db), db).model_copy()
    given.title = f"{given.title} (copy)"[:120]
    return write(Recipe(cook=cook, title="", servings=1, method=""), given, db)


@app.get("/ingredients")
def my_ingredients(cook: Me, db: Db, prefix: str = "") -> list[dict[str, str | int]]:
    """Names of the ingredients of your recipes, with the number of recipes that use each."""
    query = select(Ingredient.name).join(Recipe, col(Recipe.id) == col(Ingredient.recipe_id))
    mine = set(db.exec(query.where(Recipe.cook == cook)))
    if "ingredient-popularity" not in LEAKS:
        query = query.where(Recipe.cook == cook)
    uses = Counter(name for name in db.exec(query) if name in mine)
    known = sorted(uses.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        {"name": name, "recipes": count}
        for name, count in known
        if name.lower().startswith(prefix.lower())
    ]


def planned(meal: PlannedMeal, db: Session) -> PlanOut:
    recipe = db.exec(select(Recipe).where(Recipe.id == meal.recipe_id)).first()
    title = recipe.title if recipe else "(deleted)"
    return PlanOut(id=meal.id, recipe_id=meal.recipe_id, day=meal.day, meal=meal.meal, title=title)


@app.get("/plan")
def week(cook: Me, db: Db, since: date | None = None) -> dict[str, list[PlanOut]]:
    query = select(PlannedMeal).where(PlannedMeal.cook == cook)
    if since:
        query = query.where(PlannedMeal.day >= since)
    days: dict[str, list[PlanOut]] = {}
    for meal in db.exec(query.order_by(col(PlannedMeal.day), col(PlannedMeal.rowid))).all():
        days.setdefault(meal.day.isoformat(), []).append(planned(meal, db))
    return days


@app.post("/plan", status_code=201)
def plan_meal(given: PlanIn, cook: Me, db: Db) -> PlanOut:
    if "plan-foreign-recipe" in LEAKS:
        if db.exec(select(Recipe).where(Recipe.id == given.recipe_id)).first() is None:
            raise HTTPException(404, "Recipe not found")
    else:
        own_recipe(given.recipe_id, cook, db)
    meal = PlannedMeal(cook=cook, **given.model_dump())
    db.add(meal)
    db.commit()
    return planned(meal, db)


@app.delete("/plan/{meal_id}", status_code=204)
def unplan(meal_id: str, cook: Me, db: Db) -> None:
    query = select(PlannedMeal).where(PlannedMeal.id == meal_id, PlannedMeal.cook == cook)
    meal = db.exec(query).first()
    if meal is None:
        raise HTTPException(404, "Planned meal not found")
    db.delete(meal)
    db.commit()


@app.get("/shopping-list")
def shopping_list(cook: Me, db: Db) -> dict[str, list[dict[str, str | float]]]:
    """All that the planned meals need, added up by ingredient and unit."""
    needed: Counter[tuple[str, str]] = Counter()
    for meal in db.exec(select(PlannedMeal).where(PlannedMeal.cook == cook)).all():
        for part in db.exec(select(Ingredient).where(Ingredient.recipe_id == meal.recipe_id)):
            needed[part.name, part.unit] += part.quantity  # type: ignore[assignment]
    return {
        "items": [
            {"name": name, "quantity": quantity, "unit": unit}
            for (name, unit), quantity in sorted(needed.items())
        ]
    }


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
