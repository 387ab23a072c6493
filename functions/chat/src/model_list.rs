//! `GET /v1/models`: every model that the team can name, in `OpenAI`'s shape. Prompts are models too.

use axum::extract::Path;
use axum::response::Response;
use domain::Error;
use edge::{Call, Problem};
use serde::Serialize;
use store::prompts::{self, Order, Query, Sort, State};

/// How many prompts are listed, the latest changed first. All of them can be asked.
const MOST_PROMPTS: u32 = 200;
/// `OpenAI`'s clients want to know when a model was made; of others' models nobody says.
const UNKNOWN: i64 = 0;

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Model {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
}

pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    edge::to_json_response(200, &List { object: "list", data: models(&call).await? })
}

pub(crate) async fn show(call: Call, Path(model): Path<String>) -> Result<Response, Problem> {
    let found = models(&call).await?.into_iter().find(|known| known.id == model);
    let found = match found {
        Some(found) => found,
        // What is not listed may answer all the same.
        None if answers(&call, &model).await? => Model::new(&model, "unknown"),
        None => return Err(Problem::new(404, "model_not_found", "there is no such model")),
    };
    edge::to_json_response(200, &found)
}

async fn models(call: &Call) -> Result<Vec<Model>, Error> {
    let directory = providers::find(call.team_id(), &call.context, &call.stores, &call.database).await?;
    let mut models = vec![Model::new(llm::offline::MODEL, "promptlab")];
    let known = prices::all().iter().filter(|price| price.mode == prices::Mode::Chat);
    for price in known {
        let owner = price.provider.as_str();
        if directory.names().any(|name| name == owner) {
            models.push(Model::new(price.model, owner));
        }
    }
    let query = Query {
        search: None,
        collection_id: None,
        tag: None,
        state: Some(State::Living),
        sort: Sort::UpdatedAt,
        order: Order::Descending,
    };
    let page = prompts::list(&call.database, call.team_id(), &query, None, MOST_PROMPTS).await?;
    let live = page.rows.iter().filter(|prompt| prompt.pointers.production.is_some());
    models.extend(live.map(|prompt| Model::new(&format!("prompt:{}", prompt.name), "promptlab")));
    Ok(models)
}

async fn answers(call: &Call, model: &str) -> Result<bool, Error> {
    if let Some(reference) = model.strip_prefix("prompt:") {
        let found = prompts::get(&call.database, call.team_id(), reference).await;
        return match found {
            Ok(prompt) => Ok(!prompt.archived && prompt.pointers.production.is_some()),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        };
    }
    match crate::models::chain(model, call).await {
        Ok(_) => Ok(true),
        Err(Error::Validation(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Model {
    fn new(id: &str, owner: &str) -> Self {
        Self { id: id.to_owned(), object: "model", created: UNKNOWN, owned_by: owner.to_owned() }
    }
}
