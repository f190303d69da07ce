//! Laws of expressions, on any text and on generated trees.

use proptest::prelude::*;
use towpath_migrate::expression::{
    Availability, Condition, Contexts, Expression, Function, Literal, Node, NodeKind, Operator, Span,
    Template, Value, parse,
};

const CONTEXTS: &str = r#"{
    "github": {"ref": "refs/heads/main", "event": {"labels": [{"name": "a"}, {"name": "b"}]}},
    "matrix": {"os": "linux", "n": 3.5, "none": null},
    "list": [1, "two", [3], {"k": [4, 5]}]
}"#;

fn availability() -> Availability {
    let words =
        ["github", "matrix", "list", "hashFiles(1,255)", "success(0,MAX)", "always(0,0)", "failure(0,0)"];
    Availability::from_schema(words).unwrap_or_default()
}

/// Text made of what expressions are made of, so that many of them can be read.
fn likely() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "github",
        "matrix",
        "list",
        "nope",
        ".ref",
        ".event",
        ".*",
        "[0]",
        "[",
        "]",
        "(",
        ")",
        ",",
        "!",
        " && ",
        " || ",
        " == ",
        " != ",
        "<",
        ">=",
        "1",
        "-0.5",
        "0xffffffff",
        "1e400",
        "NaN",
        "true",
        "null",
        "'a'",
        "''",
        "'{0} {1}'",
        "'[1,2]'",
        "contains(",
        "format(",
        "join(",
        "toJSON(",
        "fromJSON(",
        "case(",
        "success()",
        "always()",
        "hashFiles(",
        "\u{A0}",
        "\n",
        "\u{1F60A}",
        "'",
        "\\",
    ]);
    prop::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z_][a-zA-Z0-9_-]{0,6}"
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<f64>().prop_map(Literal::Number),
        any::<String>().prop_map(Literal::String),
        name().prop_map(Literal::String),
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ])
}

fn node(kind: NodeKind) -> Node {
    Node { kind, span: Span::default() }
}

/// A tree as the parser could make it.
fn tree() -> impl Strategy<Value = Node> {
    let context = prop::sample::select(vec!["github", "MATRIX", "list"]);
    let leaf = prop_oneof![
        literal().prop_map(|literal| node(NodeKind::Literal(literal))),
        context.prop_map(|name| node(NodeKind::NamedValue(name.to_owned()))),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let some = || prop::collection::vec(inner.clone(), 2..4);
        let wildcard = Just(Box::new(node(NodeKind::Wildcard)));
        prop_oneof![
            boxed().prop_map(|operand| node(NodeKind::Not(operand))),
            (operator(), boxed(), boxed()).prop_map(|(operator, left, right)| node(NodeKind::Compare {
                operator,
                left,
                right
            })),
            some().prop_map(|operands| node(joined(operands, true))),
            some().prop_map(|operands| node(joined(operands, false))),
            (boxed(), prop_oneof![boxed(), wildcard])
                .prop_map(|(base, index)| node(NodeKind::Index { base, index })),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|arguments| {
                let (function, name) = (Function::Format, "Format".to_owned());
                node(NodeKind::Call { function, name, arguments })
            }),
        ]
    })
}

/// Operands of the same kind are one list, as the parser has them.
fn joined(operands: Vec<Node>, and: bool) -> NodeKind {
    let mut flat = Vec::new();
    for operand in operands {
        match operand.kind {
            NodeKind::And(nested) if and => flat.extend(nested),
            NodeKind::Or(nested) if !and => flat.extend(nested),
            kind => flat.push(node(kind)),
        }
    }
    if and { NodeKind::And(flat) } else { NodeKind::Or(flat) }
}

/// Spans lie within the one around, on borders of characters, and siblings do not overlap.
fn check_spans(source: &str, tree: &Node) -> Result<(), TestCaseError> {
    prop_assert!(source.get(tree.span.start..tree.span.end).is_some_and(|text| !text.is_empty()), "{tree:?}");
    let mut before = tree.span.start;
    for child in tree.children() {
        prop_assert!(tree.span.contains(child.span), "{source}: {child:?} is not in {tree:?}");
        prop_assert!(before <= child.span.start, "{source}: {child:?} overlaps what stands before it");
        before = child.span.end;
        check_spans(source, child)?;
    }
    Ok(())
}

fn check(expression: &Expression) -> Result<(), TestCaseError> {
    let Some(root) = expression.root() else { return Ok(()) };
    check_spans(expression.source(), root)?;
    let printed = root.to_string();
    let again = parse(&printed, &availability());
    // What is printed may be longer than the limit.
    if let Some(again) = again.as_ref().ok().and_then(Expression::root) {
        prop_assert_eq!(again, root);
    } else {
        prop_assert!(printed.len() > 21_000, "{} from {:?}", printed, again);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the text, there is an answer; and where there is a tree, its laws hold.
    #[test]
    fn any_text_has_an_answer(source in prop_oneof![likely(), any::<String>()]) {
        let world = Contexts::from_json(CONTEXTS).unwrap();
        match parse(&source, &availability()) {
            Ok(expression) => {
                check(&expression)?;
                if let Err(error) = expression.evaluate(&world) {
                    prop_assert!(source.get(error.span().start..error.span().end).is_some());
                    prop_assert!(!error.caret(&source).is_empty() && !error.message().is_empty());
                }
            }
            Err(error) => {
                prop_assert!(source.get(error.span().start..error.span().end).is_some(), "{:?}", error);
                let units = source.encode_utf16().count();
                prop_assert!(error.position().is_none_or(|position| (1..=units).contains(&position)));
                prop_assert!(error.caret(&source).contains('^'));
            }
        }
    }

    /// Whatever the scalar, there is an answer, and what it found stands where it says.
    #[test]
    fn any_scalar_has_an_answer(pieces in prop::collection::vec(prop_oneof![
        Just("${{ ".to_owned()), Just(" }}".to_owned()), Just("}".to_owned()), Just("'".to_owned()), likely(), any::<String>(),
    ], 0..8)) {
        let scalar = pieces.concat();
        let condition = Condition::read(Some(&scalar), &availability());
        prop_assert!(condition.is_err() || Template::read(&scalar, &availability()).is_ok());
        match Template::read(&scalar, &availability()) {
            Ok(Template::Expression(evaluated)) => {
                for part in evaluated.parts {
                    let (outer, inner) = (part.outer.of(&scalar), part.inner.of(&scalar));
                    prop_assert!(outer.starts_with("${{") && outer.ends_with("}}"), "{}", outer);
                    prop_assert_eq!(inner, part.expression.source());
                    prop_assert!(part.outer.contains(part.inner));
                }
            }
            Ok(Template::Text(_) | Template::Insert) => {}
            Err(error) => prop_assert!(scalar.get(error.span().start..error.span().end).is_some(), "{:?}", error),
        }
    }

    /// Text around expressions stays as it is.
    #[test]
    fn text_around_expressions_stays(before in "[^$]*", after in "[^$]*") {
        let scalar = format!("{before}${{{{ 'x' }}}}{after}${{{{ matrix.os }}}}");
        let Ok(Template::Expression(evaluated)) = Template::read(&scalar, &availability()) else {
            return Err(TestCaseError::fail(scalar));
        };
        let value = evaluated.expression().evaluate(&Contexts::from_json(CONTEXTS).unwrap());
        prop_assert_eq!(value, Ok(Value::text(&format!("{before}x{after}linux"))));
    }

    /// A printed tree is read as the same tree.
    #[test]
    fn a_printed_tree_is_read_as_itself(tree in tree()) {
        let printed = tree.to_string();
        match parse(&printed, &availability()) {
            Ok(expression) => {
                prop_assert_eq!(expression.root(), Some(&tree), "{}", printed);
                check_spans(&printed, &tree_of(&expression))?;
            }
            Err(error) => prop_assert!(printed.encode_utf16().count() > 21_000, "{printed}: {error}"),
        }
    }

    /// What is printed as JSON is read as the same value, but for numbers, which are printed with 15 digits.
    #[test]
    fn printed_json_is_read_as_itself(text in any::<String>(), number in -1_000_000i32..1_000_000) {
        let json = format!("[{}, {number}]", Value::text(&text).to_json());
        let read = Value::from_json(&json);
        let expected = Value::from_json(&read.as_ref().map(Value::to_json).unwrap_or_default());
        prop_assert_eq!(&read, &expected);
        let Ok(Value::Array(array)) = read else { return Err(TestCaseError::fail(json)) };
        prop_assert_eq!(array.items(), [Value::text(&text), Value::Number(number.into())]);
    }

    /// The reader of JSON answers whatever the text is.
    #[test]
    fn any_text_is_json_or_is_not(text in prop_oneof![any::<String>(), "[\\[\\]{}:,'\"a0-9/*. \\\\u\\-xeE]{0,40}"]) {
        let _: Result<_, _> = Value::from_json(&text);
    }

    /// Text is in one order, and equal exactly where it is neither less nor greater.
    #[test]
    fn text_has_one_order(left in "[aA\u{DF}\u{3C3}\u{3C2}\u{131}I_\u{10428}\u{E000}]{0,3}", right in "[aAsS\u{3A3}i_\u{10400}\u{E000}]{0,3}") {
        let (left, right) = (Value::text(&left), Value::text(&right));
        let holds = [left.is_less(&right), left.equals(&right), left.is_greater(&right)];
        prop_assert_eq!(holds.iter().filter(|holds| **holds).count(), 1);
        prop_assert_eq!(left.is_less(&right), right.is_greater(&left));
        prop_assert_eq!(left.equals(&right), right.equals(&left));
    }
}

fn tree_of(expression: &Expression) -> Node {
    expression.root().cloned().unwrap_or_else(|| node(NodeKind::Wildcard))
}
