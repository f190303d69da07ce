use super::*;

fn schemas() -> [&'static Schema; 2] {
    [Schema::workflow(), Schema::action()]
}

fn id(schema: &Schema, name: &str) -> DefinitionId {
    schema.named(name).unwrap_or_else(|| panic!("no definition {name}"))
}

#[test]
fn the_files_can_be_read() {
    for text in [include_str!("workflow.schema"), include_str!("action.schema")] {
        let schema = reader::read(text).unwrap();
        assert!(!schema.version().is_empty() && !schema.sources().is_empty());
    }
}

#[test]
fn a_file_that_is_wrong_says_where() {
    for (text, error) in [
        ("a sequence b", "failed to find the definition b exactly once"),
        ("a null\na null", "failed to find the definition a exactly once"),
        ("any null", "failed to find the definition any exactly once"),
        ("a", "failed to read the definition a: it has no kind"),
        ("a tuple", "failed to read the definition a: nothing is known of its kind"),
        ("a mapping b", "failed to read the definition a: a key has a value"),
        ("a string b", "failed to read the definition a: a constant begins with ="),
        ("a string @ b(1)", "b(1) is neither a context nor a function"),
    ] {
        let found = reader::read(text).unwrap_err().to_string();
        assert!(found.contains(error), "{text}: {found}");
    }
}

#[test]
fn the_built_in_definitions_have_their_ids() {
    for schema in schemas() {
        for (name, known) in [
            ("null", DefinitionId::NULL),
            ("boolean", DefinitionId::BOOLEAN),
            ("number", DefinitionId::NUMBER),
            ("string", DefinitionId::STRING),
            ("sequence", DefinitionId::SEQUENCE),
            ("mapping", DefinitionId::MAPPING),
            ("any", DefinitionId::ANY),
        ] {
            assert_eq!(schema.named(name), Some(known));
            assert_eq!(schema.definition(known).name(), name);
        }
        let any = schema.definition(DefinitionId::ANY);
        assert!(any.accepts(Scalar::Null) && any.accepts(Scalar::String("")) && any.is_scalar());
        assert_eq!((any.sequence(), any.mappings()), (Some(DefinitionId::ANY), &[DefinitionId::MAPPING][..]));
    }
}

#[test]
fn every_definition_has_its_name_and_every_property_its_id() {
    for schema in schemas() {
        let mut ids = Vec::new();
        for (id, definition) in schema.definitions() {
            assert_eq!(schema.named(definition.name()), Some(id));
            let Some(mapping) = schema.mapping(id) else { continue };
            for property in mapping.properties() {
                let found = mapping.property(property.name).map(|found| found.id);
                assert_eq!(found, Some(property.id), "{} {}", definition.name(), property.name);
                ids.push(property.id.index());
            }
        }
        assert!(ids.into_iter().eq(0..schema.property_count()));
    }
}

/// The runner looks one level deep for all, npm at scalars in every level: both see the same.
#[test]
fn only_scalars_stand_deeper_than_the_first_level() {
    for schema in schemas() {
        for (_, definition) in schema.definitions() {
            let Kind::OneOf(names) = definition.kind() else { continue };
            for nested in names.iter().map(|id| schema.definition(*id)) {
                if matches!(nested.kind(), Kind::OneOf(_)) {
                    assert_eq!((nested.sequence(), nested.mappings().len()), (None, 0), "{}", nested.name());
                }
                assert!(
                    nested.contexts().is_empty(),
                    "{}: the runner refuses such a schema",
                    definition.name()
                );
            }
        }
    }
}

/// OneOfDefinition.cs refuses other schemas, and the reader's order of candidates relies on it.
#[test]
fn mappings_of_one_definition_agree_on_their_keys_and_have_no_loose_ones() {
    for schema in schemas() {
        for (_, definition) in schema.definitions().filter(|(_, definition)| definition.mappings().len() > 1)
        {
            let mappings = || definition.mappings().iter().filter_map(|id| schema.mapping(*id));
            assert!(mappings().all(|mapping| mapping.loose().is_none()), "{}", definition.name());
            for property in mappings().flat_map(Mapping::properties) {
                let agree = |mapping: &Mapping| {
                    mapping.property(property.name).is_none_or(|other| other.value == property.value)
                };
                assert!(mappings().all(agree), "{} {}", definition.name(), property.name);
            }
        }
    }
}

#[test]
fn keys_tell_which_mapping_it_is() {
    let schema = Schema::workflow();
    let mut step = schema.candidates(id(schema, "steps-item"));
    assert_eq!(step.iter().count(), 6);
    let expected =
        ["cancel", "parallel", "run", "shell", "uses", "wait", "wait-all", "with", "working-directory"];
    assert_eq!(step.telling(), expected);
    assert_eq!(step.take("nothing").map(|property| property.name), None);
    assert_eq!(step.iter().count(), 6, "an unknown key rules nothing out");
    assert_eq!(step.take("if").map(|property| schema.definition(property.value).name()), Some("step-if"));
    assert_eq!(step.iter().count(), 2);
    assert!(step.only().is_none());
    assert!(step.take("uses").is_some());
    let (found, mapping) = step.only().unwrap();
    assert_eq!(schema.definition(found).name(), "regular-step");
    assert!(mapping.property("with").is_some() && step.take("run").is_none());
    assert_eq!(schema.candidates(DefinitionId::STRING).only().map(|(id, _)| id), None);
}

#[test]
fn contexts_are_added_on_the_way() {
    let schema = Schema::workflow();
    let words = |way: &[&str]| {
        let set = way.iter().fold(ContextSet::NONE, |set, name| set.with(schema.contexts(id(schema, name))));
        let available = schema.availability(set).is_some();
        (schema.words(set).collect::<Vec<_>>(), available)
    };
    assert_eq!(words(&["workflow-root-strict", "jobs"]), (vec![], true));
    assert_eq!(words(&["strategy", "matrix"]), (vec!["github", "inputs", "vars", "needs"], true));
    let credentials = words(&["container", "container-mapping", "container-registry-credentials"]);
    let expected = ["github", "inputs", "vars", "secrets", "needs", "strategy", "matrix", "env"];
    assert_eq!(credentials, (expected.to_vec(), true));
    // No way leads from one to the other.
    assert!(!words(&["job-if", "step-env"]).1);
}

#[test]
fn an_availability_knows_counts_of_arguments() {
    let schema = Schema::workflow();
    let available = |name| schema.availability(schema.contexts(id(schema, name))).unwrap();
    let most = |name| available(name).function("success").map(|(_, parameters)| parameters.most);
    assert_eq!((most("job-if"), most("step-if"), most("step-env")), (Some(usize::MAX), Some(0), None));
    assert!(available("step-env").function("hashFiles").is_some());
}

#[test]
fn scalars_are_what_their_definition_says() {
    let schema = Schema::workflow();
    for (name, scalar, expected) in [
        ("boolean", Scalar::Boolean, true),
        ("boolean", Scalar::String("true"), false),
        ("number", Scalar::Number, true),
        ("non-empty-string", Scalar::String(""), false),
        ("non-empty-string", Scalar::String("x"), true),
        ("non-empty-string", Scalar::Null, false),
        ("permissions", Scalar::String("read-all"), true),
        ("permissions", Scalar::String("Read-All"), false),
        ("on-strict", Scalar::String("push"), true),
        ("on-strict", Scalar::String("repository_dispatch"), true),
        ("on-strict", Scalar::String("member"), false),
        ("on-new", Scalar::String("member"), true),
        ("concurrency-queue", Scalar::String("max"), true),
        ("concurrency-queue", Scalar::String("maximal"), false),
        ("pull-request-activity", Scalar::String("stacked"), true),
        ("jobs", Scalar::Null, false),
    ] {
        let found = schema.definition(id(schema, name)).accepts(scalar);
        assert_eq!(found, expected, "{name} {scalar:?}");
    }
    let definition = |name| schema.definition(id(schema, name));
    assert!(definition("step-if").is_expression() && !definition("step-name").is_expression());
    assert!(definition("workflow-name").is_raw() && !definition("run-name").is_raw());
    let levels: Vec<_> = definition("permission-level-any").constants().collect();
    assert_eq!(levels, ["read", "write", "none"]);
}

#[test]
fn a_key_that_is_elsewhere_is_told_from_one_that_is_nowhere() {
    let schema = Schema::workflow();
    let places: Vec<_> =
        schema.having("timeout-minutes").map(|(id, _)| schema.definition(id).name()).collect();
    assert_eq!(places, ["job-factory", "run-step", "regular-step"]);
    assert_eq!(schema.having("timeout").count(), 0);
}

#[test]
fn roots_are_there() {
    let names = |schema: &Schema| {
        [Root::Lenient, Root::Relaxed, Root::Strict]
            .map(|root| schema.definition(schema.root(root)).name().to_owned())
    };
    assert_eq!(names(Schema::workflow()), ["workflow-root", "workflow-root-new", "workflow-root-strict"]);
    assert_eq!(names(Schema::action()), ["action-root", "action-root", "action-root-strict"]);
}
