//! The OpenAPI document (3.1), made from the table of operations that the router is made from.

use serde_json::{Map, Value, json};

use super::components;
use super::problem::Code;
use super::routes;
use super::schema::named;
use super::table::{Route, Shows, Use};

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in routes::all() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.way.as_str().to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Entrepot",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Orders, decisions, shipments, receipts, invoices and money of a gateway for trade documents. \
                Amounts and quantities are decimals as texts. Members that are not known are left out. Every act takes \
                `dry_run=true`, and `Idempotency-Key`: the same key with the same request gets the first answer again, for 30 days.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        // None is needed on the gateway's own machine, while none has been made.
        "security": [{}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": components::all(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key. While none has been made, programs on the gateway's own machine need none.",
                },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": route.id,
        "tags": [route.tag],
        "summary": route.says,
        "parameters": parameters(route),
        "responses": responses(route),
    });
    if let Some(form) = route.body {
        let schema = match form {
            super::table::Form::Json(component) => named(component),
            super::table::Form::Bytes => json!({}),
        };
        operation["requestBody"] = json!({"required": true, "content": {form.media_type(): {"schema": schema}}});
    }
    if route.shows == Shows::Itself {
        operation["security"] = json!([]);
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let text = json!({"type": "string", "minLength": 1});
    let mut all: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": text}))
        .collect();
    all.extend(route.parameters().map(|parameter| {
        json!({
            "name": parameter.name, "in": "query", "description": parameter.says, "schema": parameter.schema(),
        })
    }));
    if let Use::Act { names_itself } = route.does {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": !names_itself,
            "description": "A name of the caller's for this act: however often it is sent, it is done once",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }));
        if route.revisable {
            all.push(json!({
                "name": "If-Match",
                "in": "header",
                "description": "The ETag of what was read; another one is 412",
                "schema": {"type": "string", "minLength": 1},
            }));
        }
    }
    all
}

/// A page of rows.
fn page(component: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": named(component)},
            "next": {"type": "string", "description": "Where the next page begins; not there on the last one"},
        },
        "required": ["items"],
    })
}

fn responses(route: &Route) -> Value {
    let body = |schema: Value| json!({"application/json": {"schema": schema}});
    let content = match route.shows {
        Shows::One(component) => body(named(component)),
        Shows::Page(component) => body(page(component)),
        Shows::Table(component) => {
            let mut both = body(page(component));
            both["text/csv"] = json!({"schema": {"type": "string"}});
            both
        }
        Shows::Bytes => json!({"application/octet-stream": {"schema": {}}}),
        Shows::Effects => body(named("Effects")),
        Shows::Itself => body(json!({"type": "object"})),
    };
    let mut done = json!({"description": "Done", "content": content});
    if route.revisable {
        done["headers"] = json!({"ETag": {"description": "Its revision", "schema": {"type": "string"}}});
    }
    let mut responses = json!({"200": done});
    if route.revisable && route.does == Use::Read {
        responses["304"] = json!({"description": "It is as If-None-Match has it"});
    }
    if route.shows == Shows::Effects {
        responses["202"] = json!({"description": "Kept; it waits for what it belongs to", "content": content});
    }
    for code in problems(route) {
        let status = code.status().as_u16().to_string();
        if responses.get(&status).is_none() {
            let reason = code.status().canonical_reason().unwrap_or_default();
            let content = json!({"application/problem+json": {"schema": named("Problem")}});
            responses[status] = json!({"description": reason, "content": content});
        }
    }
    responses
}

/// What can be the matter with an operation.
fn problems(route: &Route) -> Vec<Code> {
    if route.shows == Shows::Itself {
        return Vec::new();
    }
    let mut codes = vec![Code::Parameter, Code::Unauthorized, Code::Forbidden, Code::NotFound, Code::TooMany];
    codes.extend([Code::Ambiguous, Code::Unusable, Code::Internal, Code::Later]);
    if route.body.is_some() {
        codes.extend([Code::MediaType, Code::TooLarge, Code::Silent, Code::Unusable]);
    }
    if let (Use::Act { .. }, true) = (route.does, route.revisable) {
        codes.extend([Code::Changed, Code::ConditionNeeded]);
    }
    codes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn operations_have_names_of_their_own_and_schemas_that_are_there() {
        let document = document();
        let ids: BTreeSet<&str> = routes::all().map(|route| route.id).collect();
        assert_eq!(ids.len(), routes::all().count());
        let mut names = Vec::new();
        references(&document, &mut names);
        let known = document["components"]["schemas"].as_object().unwrap();
        for name in &names {
            assert!(known.contains_key(*name), "{name} is no schema");
        }
        for name in known.keys().filter(|name| !name.starts_with("canonical.")) {
            assert!(names.contains(&name.as_str()), "{name} is used nowhere");
        }
    }

    fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
        match value {
            Value::Object(members) => {
                let name = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
                found.extend(name);
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
}
