//! What do the words `$n`, `$param`, `$vars` and `$data` stand for?

use query_runtime::Json;

/// What the words stand for; one that is `None` stands for itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `$n`: the number of the call.
    pub(crate) number: Option<usize>,
    /// `$param`: the page's parameter.
    pub(crate) param: Option<Json>,
    /// `$vars`: the mutation's variables.
    pub(crate) vars: Option<Json>,
    /// `$data`: the mutation's result.
    pub(crate) data: Option<Json>,
}

impl Environment {
    /// Replaces the words inside of a value.
    pub(crate) fn fill(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => self.word(text).unwrap_or_else(|| value.clone()),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.fill(item)).collect()),
            Json::Object(members) => {
                Json::Object(members.iter().map(|(name, value)| (name.clone(), self.fill(value))).collect())
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
        }
    }

    fn word(&self, text: &str) -> Option<Json> {
        match text {
            "$n" => self.number.map(Json::from),
            "$vars" => self.vars.clone(),
            "$data" => self.data.clone(),
            "$param" => self.param.clone(),
            _ => {
                let shift: i64 =
                    text.strip_prefix("$param").filter(|rest| rest.starts_with(['+', '-']))?.parse().ok()?;
                Some(Json::from(self.param.as_ref()?.as_i64()? + shift))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Environment;

    #[test]
    fn words_are_replaced_and_other_text_stays() {
        let environment = Environment { number: Some(3), param: Some(json!(5)), ..Environment::default() };
        let filled =
            environment.fill(&json!({"a": ["$n", "$param", "$param+2", "$param-6"], "b": "$vars", "c": "$nn"}));
        assert_eq!(filled, json!({"a": [3, 5, 7, -1], "b": "$vars", "c": "$nn"}));
    }
}
