//! Expressions: what stands between `${{` and `}}`, and in `if`.
//!
//! ```
//! use towpath_migrate::expression::{Availability, Contexts, Value, parse};
//!
//! let contexts = Contexts::from_json(r#"{"github": {"ref": "refs/heads/main"}}"#)?;
//! let availability = Availability::from_schema(["github", "always(0,0)"])?;
//! let expression = parse("startsWith(github.ref, 'REFS/heads/')", &availability)?;
//! assert_eq!(expression.evaluate(&contexts)?, Value::Boolean(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The order of truth is: a published case, then the source of actions/runner, then the npm package
//! (docs/decisions/0008).

mod availability;
mod condition;
mod constant;
mod error;
mod evaluate;
mod functions;
mod joined;
mod json;
mod lexer;
mod limits;
mod messages;
pub mod museum;
mod parser;
mod template;
mod tree;
mod value;
mod world;

pub use availability::{Availability, SchemaError};
pub use condition::Condition;
pub use constant::Truth;
pub use error::{ExpressionError, Kind, Stage};
pub use functions::{Function, Parameters, Status};
pub use json::JsonError;
pub use limits::{MAX_DEPTH, MAX_LENGTH, MAX_MEMORY};
pub use parser::parse;
pub use template::{Evaluated, Part, Template, TemplateError};
pub use tree::{Expression, Literal, Node, NodeKind, Operator};
pub use value::{Array, Object, Value, ValueKind};
pub use world::{Contexts, ContextsError, World};

pub use crate::span::Span;

pub(crate) use evaluate::part;
pub(crate) use value::text::{equal as same, folded, units};
