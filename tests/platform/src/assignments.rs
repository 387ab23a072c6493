//! `POST /assignments`: who gets what, by the code that functions use.

use std::hint::black_box;

use assignment::{Experiment, Explanation, assign, explain};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use crate::Query;

#[derive(Deserialize)]
pub(crate) struct Asked {
    definition: Experiment,
    units: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Rounds {
    /// How often everybody is assigned besides: the clock of an isolate stands still meanwhile, so who asks measures.
    #[serde(default)]
    rounds: usize,
}

pub(crate) async fn explained(
    Query(Rounds { rounds }): Query<Rounds>,
    body: Bytes,
) -> Result<String, StatusCode> {
    let asked: Asked = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    for _ in 0..rounds {
        for unit in &asked.units {
            black_box(assign(&asked.definition, black_box(unit)));
        }
    }
    let explanations: Vec<Explanation> =
        asked.units.iter().map(|unit| explain(&asked.definition, unit)).collect();
    serde_json::to_string(&explanations).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
