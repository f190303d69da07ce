//! What other pipelines of the folder have live: what dependency gates ask for.

use std::collections::BTreeMap;

use towpath_core::id::{Name, PipelineId};
use towpath_core::journal::State;
use towpath_core::pipeline::{Dependency, Pipeline};
use towpath_core::world::OtherEnvironment;
use towpath_engine::journal::Head;

use super::LocalHost;

impl LocalHost {
    /// The environments that a pipeline depends on, by the journals as they stand now. What cannot be read, or is not
    /// in the folder, is left out: it satisfies no gate.
    pub(super) fn others(&self, pipeline: &Pipeline) -> BTreeMap<(PipelineId, Name), OtherEnvironment> {
        let mut heads: BTreeMap<&PipelineId, Option<Head>> = BTreeMap::new();
        let gates = pipeline.environments.iter().flat_map(|environment| &environment.entry.dependencies);
        let known = gates.filter_map(|gate| {
            let read = || self.with_engine(&gate.pipeline, |engine| engine.read()).ok().flatten();
            let head = heads.entry(&gate.pipeline).or_insert_with(read).as_ref()?;
            let mut there = OtherEnvironment::of(&head.state, &gate.environment)?;
            there.verified &= self.is_current(gate, &head.state);
            Some(((gate.pipeline.clone(), gate.environment.clone()), there))
        });
        known.collect()
    }

    /// Whether what another pipeline has Verified counts under the gates that it has now.
    fn is_current(&self, gate: &Dependency, state: &State) -> bool {
        let pipeline = self.folder.pipelines.iter().find(|pipeline| pipeline.id == gate.pipeline);
        let environment = pipeline.and_then(|pipeline| pipeline.environment(&gate.environment));
        let env = state.environment(&gate.environment).map(|(_, env)| env);
        let ok = env.and_then(|env| env.ok.get(&env.at.as_ref()?.r));
        environment.zip(ok).is_some_and(|(environment, ok)| environment.accepts(ok))
    }
}

#[cfg(test)]
mod tests {
    use towpath_core::decide::WaitCode;
    use towpath_core::id::Name;

    use crate::host::tests::{Bench, document, id};

    /// The pipeline b, whose prod needs 2.1 of a in its prod.
    fn dependent() -> String {
        let gate = "dependency: { pipeline: a, environment: prod, version: '>=2.1', state: verified }";
        let entry = format!("stable: 0s, entry: [{{ {gate} }}], after");
        let text = document("b", "b", "");
        assert_eq!(text.matches("stable: 0s, after").count(), 1);
        text.replace("stable: 0s, after", &entry)
    }

    #[test]
    fn a_release_waits_for_one_of_another_pipeline_of_the_folder() {
        let mut bench = Bench::new(&[document("a", "a", ""), dependent()]);
        bench.once();
        bench.release("b", "1", '2');
        let missing = |bench: &mut Bench| {
            let (round, _) = bench.once();
            assert_eq!(round.errors().count(), 0);
            let waits = round.waits().filter(|(pipeline, _, wait)| {
                **pipeline == id("b") && wait.code == WaitCode::DependencyNotLive
            });
            waits.map(|(_, _, wait)| wait.text.clone()).next()
        };
        let text = "1 waits for shop/a prod: 1 is not proven to be live there";
        assert_eq!(missing(&mut bench).as_deref(), Some(text));
        bench.release("a", "2.0.0", '3');
        bench.once();
        let text = "1 waits for shop/a prod: 2.0.0 is live there, and >=2.1 is wanted";
        assert_eq!(missing(&mut bench).as_deref(), Some(text));
        bench.release("a", "2.1.0", '4');
        bench.once();
        assert_eq!(missing(&mut bench), None);
        let head = bench.host.with_engine(&id("b"), |engine| engine.read()).unwrap().unwrap();
        let (_, prod) = head.state.environment(&Name::parse("prod").unwrap()).unwrap();
        assert!(prod.at.as_ref().is_some_and(|at| at.pid.is_some()), "it was promoted there");
    }
}
