//! Tables: what scripts use, by rule.

use towpath_migrate::script::{
    Access, CommandKind, Doubt, FileAccess, Name, Quoting, RunnerFile, Script, Shell, UseKind,
};
use towpath_migrate::span::Span;

/// Where `${{ }}` stands. Good enough for tests: nothing here has `}}` in quotes.
fn expressions(text: &str) -> Vec<Span> {
    let starts = text.match_indices("${{").map(|(at, _)| at);
    starts.filter_map(|at| Some(Span::new(at, at + text.get(at..)?.find("}}")? + 2))).collect()
}

fn read(text: &str, shell: Shell) -> Script<'_> {
    let script = Script::read(text, shell, &expressions(text));
    for used in &script.uses {
        assert!(text.get(used.span.start..used.span.end).is_some(), "{text}: {used:?}");
    }
    script
}

/// One word for each use; what is read and builtins are left out where a table is not about them.
fn said(text: &str, shell: Shell, wanted: fn(&UseKind<'_>) -> bool) -> String {
    let script = read(text, shell);
    let words: Vec<_> =
        script.uses.iter().filter(|used| wanted(&used.kind)).map(|used| word(&used.kind)).collect();
    words.join(" ")
}

fn word(kind: &UseKind<'_>) -> String {
    let name = |name: &Name<'_>| match name {
        Name::Known(name) => name.to_string(),
        Name::Dynamic => "?".to_owned(),
    };
    match kind {
        UseKind::Tool(tool) => {
            format!(
                "{}{}{}",
                if tool.elevated { "^" } else { "" },
                if tool.probed { "?" } else { "" },
                tool.name
            )
        }
        UseKind::Builtin(builtin) => format!("builtin:{builtin}"),
        UseKind::Function(function) => format!("fn:{function}"),
        UseKind::Variable(name, Access::Read) => format!("${name}"),
        UseKind::Variable(name, Access::Set) => format!("{name}="),
        UseKind::Variable(name, Access::Exported) => format!("x:{name}="),
        UseKind::File(file, FileAccess::Write) => format!(">{}", file.name()),
        UseKind::File(file, FileAccess::Read) => format!("<{}", file.name()),
        UseKind::File(file, FileAccess::Passed) => format!("@{}", file.name()),
        UseKind::Sets(file, set) => format!("{}:{}", file.name(), name(set)),
        UseKind::Command(command, None) => format!("::{}", command.name()),
        UseKind::Command(command, Some(set)) => format!("::{}:{}", command.name(), name(set)),
    }
}

fn table(cases: &[(&str, &str)], shell: Shell, wanted: fn(&UseKind<'_>) -> bool) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (*text, *expected, said(text, shell, wanted)))
        .filter(|(_, expected, is)| expected != is)
        .map(|(text, expected, is)| format!("{text}\n  expected {expected}\n  is       {is}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const fn tools(kind: &UseKind<'_>) -> bool {
    matches!(kind, UseKind::Tool(_) | UseKind::Function(_))
}

const fn files(kind: &UseKind<'_>) -> bool {
    matches!(kind, UseKind::File(..) | UseKind::Sets(..))
}

const fn commands(kind: &UseKind<'_>) -> bool {
    matches!(kind, UseKind::Command(..))
}

const fn variables(kind: &UseKind<'_>) -> bool {
    matches!(kind, UseKind::Variable(..))
}

#[test]
fn tools_are_found_where_they_run() {
    let cases = [
        ("make", "make"),
        ("  make -j4 && ./configure || exit 1", "make ./configure"),
        ("a | b |& c; d & e", "a b c d e"),
        ("x=1", ""),
        ("x=1 make", "make"),
        ("x=$(git describe)", "git"),
        ("echo `git describe`", "git"),
        ("echo \"$(a \"$(b)\")\"", "a b"),
        ("diff <(a) <(b)", "diff a b"),
        ("if test -f x; then a; elif [ b ]; then c; else d; fi", "a c d"),
        ("for i in $(seq 3); do a; done; while b; do c; done; until d; do e; done", "seq a b c d e"),
        ("case $(a) in x) b;; *) c;; esac", "a b c"),
        ("[[ $(a) == b ]] && c", "a c"),
        ("(a; b) && { c; }", "a b c"),
        ("f() { a; }; f; g", "a fn:f g"),
        ("function f { a; }\nf x", "a fn:f"),
        ("cat <<EOF\n$(a)\nEOF\nb", "cat a b"),
        ("cat <<'EOF'\n$(a)\nEOF\nb", "cat b"),
        ("# a\nb # c", "b"),
        ("\"my tool\" x", "my tool"),
        ("g\"i\"'t' x", "git"),
        ("\\ls x", "ls"),
        ("a \\\n  b\nc", "a c"),
        ("${{ matrix.tool }} x", ""),
        ("${{ matrix.dir }}/run x", ""),
        ("$TOOL x && b", "b"),
        ("echo ${{ inputs.x }} && b", "b"),
        ("pip install '${{ a }}'\r\nb", "pip b"),
        ("x=$((1 + $(a)))", "a"),
    ];
    table(&cases, Shell::Posix, tools);
}

#[test]
fn tools_are_found_through_others() {
    let cases = [
        ("sudo apt-get install -y x", "sudo ^apt-get"),
        ("sudo -E -u root A=b env C=d make", "sudo ^env ^make"),
        ("env A=b -u C make x", "env make"),
        ("time make", "make"),
        ("xargs -n 1 -P2 gzip", "xargs gzip"),
        ("find . -name x -print0 | xargs -0 rm -f", "find xargs rm"),
        ("find . -exec a {} \\; -exec b {} +", "find a b"),
        ("command make; builtin cd x; exec a", "make a"),
        ("command -v docker >/dev/null", "?docker"),
        ("if ! which jq; then a; fi", "which ?jq a"),
        ("nohup a &", "nohup a"),
        ("timeout -k 5 10m a b", "timeout a"),
        ("timeout 5 sudo nice -n 3 a", "timeout sudo ^nice ^a"),
        ("bash -c 'a && b'", "bash a b"),
        ("bash -euxo pipefail -c \"a | b\"", "bash a b"),
        ("bash -xc \"a | b\"", "bash a b"),
        ("sh -c \"a $X\"", "sh a"),
        ("bash x.sh -c y", "bash"),
        ("eval 'a b'", "a"),
        ("trap 'a' EXIT; trap - INT", "a"),
        ("sudo bash -c 'a'", "sudo ^bash ^a"),
        ("/usr/bin/env -S python3 x", "/usr/bin/env"),
    ];
    table(&cases, Shell::Posix, tools);
}

#[test]
fn files_of_the_runner_and_the_names_in_them() {
    let cases = [
        ("echo \"a=$x\" >> $GITHUB_OUTPUT", "OUTPUT:a >OUTPUT"),
        ("echo a=b >> \"$GITHUB_OUTPUT\"", "OUTPUT:a >OUTPUT"),
        ("echo \"a=${{ x }}\" >> ${GITHUB_ENV}", "ENV:a >ENV"),
        ("echo \"${{ x }}=b\" >>$GITHUB_ENV", "ENV:? >ENV"),
        ("echo \"a_$x=b\" >>$GITHUB_ENV", "ENV:? >ENV"),
        ("echo \"$x\" >> $GITHUB_ENV", "ENV:? >ENV"),
        ("echo 'a=b' | tee -a $GITHUB_OUTPUT", "OUTPUT:a >OUTPUT"),
        ("echo 'a=b' | tee -a \"$GITHUB_OUTPUT\" \"$GITHUB_ENV\"", "OUTPUT:a >OUTPUT >ENV ENV:?"),
        ("echo 'a=b' | sudo tee -a $GITHUB_ENV > /dev/null", "ENV:a >ENV"),
        ("tee -a $GITHUB_ENV <<< \"a=b\"", ">ENV ENV:a"),
        ("tee -a $GITHUB_ENV <<EOF\na=b\nEOF", ">ENV ENV:a"),
        ("cat <<EOF >> $GITHUB_ENV\na=b\nc=$d\n$e=f\nEOF", ">ENV ENV:a ENV:c ENV:?"),
        ("cat >> $GITHUB_ENV <<-'EOF'\n\ta=b\n\tc=$d\n\tEOF", ">ENV ENV:a ENV:c"),
        ("cat x >> $GITHUB_ENV", "ENV:? >ENV"),
        ("cat x - <<EOF >> $GITHUB_ENV\na=b\nEOF", "ENV:? >ENV"),
        ("{ echo a=b; echo c=d; } >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:c >OUTPUT"),
        ("(echo a=b; x) >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:? >OUTPUT"),
        ("for i in 1 2; do echo a$i=b; done >> $GITHUB_OUTPUT", "OUTPUT:? >OUTPUT"),
        ("{ echo 'a<<EOF'; x; echo EOF; echo b=c; } >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:b >OUTPUT"),
        ("{ echo \"a<<$END\"; x; echo \"$END\"; echo b=c; } >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:b >OUTPUT"),
        (
            "echo 'a<<X' >> $GITHUB_ENV\nx >> $GITHUB_ENV\necho X >> $GITHUB_ENV\necho b=c >> $GITHUB_ENV",
            "ENV:a >ENV >ENV >ENV ENV:b >ENV",
        ),
        ("echo 'a=b<<c' >> $GITHUB_ENV; echo 'd=e' >> $GITHUB_ENV", "ENV:a >ENV ENV:d >ENV"),
        ("printf 'a=%s\\n' \"$x\" >> $GITHUB_OUTPUT", "OUTPUT:a >OUTPUT"),
        ("printf '%s\\n' a=b \"c=$x\" >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:c >OUTPUT"),
        ("printf '%s=%s\\n' a \"$x\" b c >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:b >OUTPUT"),
        ("printf \"$f\" a >> $GITHUB_OUTPUT", "OUTPUT:? >OUTPUT"),
        ("echo -e 'a=b\\nc=d' >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:c >OUTPUT"),
        ("echo -n 'a=b' >> $GITHUB_OUTPUT", "OUTPUT:a >OUTPUT"),
        ("echo \"a=b\nc=d\" >> $GITHUB_OUTPUT", "OUTPUT:a OUTPUT:c >OUTPUT"),
        ("echo \"$HOME/bin\" >> $GITHUB_PATH", ">PATH"),
        ("echo '# a=b' >> $GITHUB_STEP_SUMMARY", ">STEP_SUMMARY"),
        ("echo a=b > $GITHUB_STATE", "STATE:a >STATE"),
        ("echo a.tgz >> $GITHUB_ARTIFACTS; cat $GITHUB_ARTIFACTS_LIST", ">ARTIFACTS <ARTIFACTS_LIST"),
        ("python x.py --out $GITHUB_OUTPUT", "@OUTPUT OUTPUT:?"),
        ("cat $GITHUB_ENV", "<ENV"),
        ("a < $GITHUB_ENV", "<ENV"),
        ("mkdir x 2>> $GITHUB_ENV", ">ENV ENV:?"),
        ("a | b >> $GITHUB_OUTPUT", "OUTPUT:? >OUTPUT"),
        ("echo a=b >> ${{ github.output }}", "OUTPUT:a >OUTPUT"),
        ("echo a=b >> \"${GITHUB_OUTPUT:-/dev/stdout}\"", "OUTPUT:a >OUTPUT"),
        ("echo a=b | sed x", ""),
        ("f() { echo a=b >> $GITHUB_ENV; }; f", "ENV:a >ENV"),
        ("x=$(echo a=b >> $GITHUB_ENV)", "ENV:a >ENV"),
    ];
    table(&cases, Shell::Posix, files);
}

#[test]
fn files_of_the_runner_by_other_names() {
    let cases = [
        ("out=\"${GITHUB_OUTPUT}\"; echo \"v=$T\" >> \"$out\"", "@OUTPUT OUTPUT:v >OUTPUT"),
        ("local out=$GITHUB_ENV\necho v=1 | tee -a $out", "@ENV ENV:v >ENV"),
        ("a=$GITHUB_ENV; b=$a; echo v=1 >> $b", "@ENV @ENV ENV:v >ENV"),
        ("out=$GITHUB_OUTPUT; Out=x; echo v=1 >> $Out", "@OUTPUT"),
        ("exec 3>>\"$GITHUB_ENV\"; echo \"w=$T\" >&3", ">ENV ENV:w"),
        ("{ echo a=1 >&3; b; } 3>>$GITHUB_OUTPUT", "OUTPUT:a >OUTPUT"),
        ("x 3>>$GITHUB_OUTPUT", ">OUTPUT OUTPUT:?"),
        ("f() { echo \"v=$T\" >> \"$o\"; }\no=$GITHUB_ENV\nf", "ENV:v >ENV @ENV"),
        ("f() { echo a=1 >&3; }\nexec 3>>$GITHUB_ENV\nf", "ENV:a >ENV"),
        ("exec 4>>$GITHUB_ENV; exec 3>&4; echo a=1 >&3", ">ENV ENV:a"),
        ("exec 3>>$GITHUB_ENV; x 2>&3", ">ENV ENV:?"),
        ("sed -Ei s/a/b/ $GITHUB_ENV", "@ENV ENV:?"),
        ("sed -n -e s/i/b/ $GITHUB_ENV", "<ENV"),
        ("awk -i inplace x $GITHUB_ENV", "@ENV ENV:?"),
        (": \"${GITHUB_ENV:?}\"; rm $GITHUB_ENV", "@ENV @ENV"),
        ("case $GITHUB_ENV in '') x;; esac", "@ENV"),
        ("exec {fd}>>$GITHUB_OUTPUT; echo a=1 >&$fd", ">OUTPUT OUTPUT:?"),
        ("exec >> $GITHUB_OUTPUT; echo a=1", "OUTPUT:? >OUTPUT"),
        ("echo a=1 >&3", ""),
        ("echo \"v=$T\" > >(tee -a \"$GITHUB_OUTPUT\")", "OUTPUT:v >OUTPUT"),
        ("echo v=1 > >(cat >> $GITHUB_OUTPUT)", "OUTPUT:? >OUTPUT"),
        ("echo x > f; cp f $GITHUB_OUTPUT", "@OUTPUT OUTPUT:?"),
        ("echo a=b >> \"$(echo $GITHUB_OUTPUT)\"", "@OUTPUT OUTPUT:?"),
        ("dd of=$GITHUB_OUTPUT", "@OUTPUT OUTPUT:?"),
        ("npx foo \"$GITHUB_OUTPUT\"", "@OUTPUT OUTPUT:?"),
        ("OUT=$GITHUB_STATE npx foo", "@STATE STATE:?"),
        ("declare -p >> $GITHUB_OUTPUT", "OUTPUT:? >OUTPUT"),
        ("export A=1 >> $GITHUB_OUTPUT", ">OUTPUT"),
        ("tee -a $GITHUB_OUTPUT < f", ">OUTPUT OUTPUT:?"),
        ("sed -i s/a/b/ $GITHUB_ENV; sed s/a/b/ $GITHUB_ENV", "@ENV ENV:? <ENV"),
        ("x --path $GITHUB_PATH", "@PATH >PATH"),
        ("f() { echo \"$1\" >> \"$2\"; }; f a=b $GITHUB_OUTPUT", "@OUTPUT OUTPUT:?"),
        // These do not write.
        ("[ -w $GITHUB_OUTPUT ] && test -f $GITHUB_ENV && [[ -n $GITHUB_STATE ]]", "@OUTPUT @ENV @STATE"),
        ("echo \"see $GITHUB_OUTPUT\"; chmod a+w $GITHUB_OUTPUT", "@OUTPUT @OUTPUT"),
        ("x --summary $GITHUB_STEP_SUMMARY", "@STEP_SUMMARY"),
    ];
    table(&cases, Shell::Posix, files);
}

#[test]
fn commands_to_the_runner() {
    let cases = [
        ("echo \"::set-output name=a::$x\"", "::set-output:a"),
        ("echo ::set-output name=a::b", "::set-output:a"),
        ("echo \"::set-output name=$x::b\"", "::set-output:?"),
        ("echo '::save-state name=a::b'; echo '::SET-ENV name=PATH::b'", "::save-state:a ::set-env:PATH"),
        ("echo \"::add-mask::$x\"", "::add-mask"),
        ("echo '::group::a'; make; echo '::endgroup::'", "::group ::endgroup"),
        ("echo '##[group]a'; echo 'x ##[endgroup]'", "::group ::endgroup"),
        ("echo '::error file=a,line=1::b' >&2", "::error"),
        ("echo '  ::warning::b'", "::warning"),
        ("echo 'x ::warning::b'", ""),
        ("echo '::nothing::b'", ""),
        ("printf '::error::%s\\n::debug::x\\n' b", "::error ::debug"),
        ("cat <<EOF\n::notice title=a::b\nEOF", "::notice"),
        ("x=$(echo '::error::b')", ""),
        ("echo '::error::b' > x", ""),
        ("echo '::error::b' | tee x", "::error"),
        ("echo '::error::b' | grep x", ""),
        ("echo '::add-matcher::x.json'; echo '::remove-matcher owner=x::'", "::add-matcher ::remove-matcher"),
        (
            "echo '::stop-commands::x'; echo '::echo::on'; echo ::add-path::x",
            "::stop-commands ::echo ::add-path",
        ),
        ("std::sort() { x; }", ""),
    ];
    table(&cases, Shell::Posix, commands);
}

#[test]
fn variables_are_read_and_set() {
    let cases = [
        ("echo $A ${B} \"$C\" '$D' ${E:-$F} ${#G} ${H%.*} ${I/a/$J}", "$A $B $C $E $F $G $H $I $J"),
        ("A=b; A+=c; export B=c C; local D; readonly E=f", "A= A= x:B= x:C= D= E="),
        ("A=b make", "x:A="),
        ("declare -x A=b; typeset B=c", "x:A= B="),
        ("for i in $X; do :; done", "i= $X"),
        ("read -r -p 'x' A B; read -d '' -a C; mapfile -t D; printf -v E x", "A= B= C= D= E="),
        ("while read -r line; do :; done < $F", "line= $F"),
        (": ${A:=b}", "$A A="),
        ("(( a = b + 1 )); echo $((c * 2))", "a= $b $c"),
        ("echo $1 $@ $# $? $$ ${10} $*", ""),
        ("A=(b $C); echo ${A[0]} ${A[@]} ${#A[@]} ${A[$i]}", "A= $C $A $A $A $A $i"),
        ("cat <<EOF\n$A ${B}\nEOF", "$A $B"),
        ("cat <<'EOF'\n$A ${B}\nEOF", ""),
        ("echo \"$A${{ x }}\" $A_${{ x }}", "$A $A_"),
        ("getopts ab: opt", "opt="),
        ("bash -c 'echo $A'", "$A"),
        ("bash -c \"echo $A\"", "$A"),
        ("[[ $A =~ $B && -n ${C} ]]", "$A $B $C"),
    ];
    table(&cases, Shell::Posix, variables);
}

#[test]
fn what_is_around_an_expression() {
    use Quoting::{Arithmetic, Assigned, Bare, Comment, Double, Heredoc, QuotedHeredoc, Single};
    let cases = [
        ("echo ${{ x }}", Bare, 0),
        ("echo a${{ x }}b", Bare, 0),
        ("${{ x }}", Bare, 0),
        ("echo \"a ${{ x }}\"", Double, 0),
        ("echo 'a ${{ x }}'", Single, 0),
        ("echo $'a ${{ x }}'", Single, 0),
        ("a=${{ x }}", Assigned, 0),
        ("export a=${{ x }}", Assigned, 0),
        ("a=\"${{ x }}\"", Double, 0),
        ("a=(${{ x }})", Bare, 0),
        ("cat <<EOF\n${{ x }}\nEOF", Heredoc, 0),
        ("cat <<'EOF'\n${{ x }}\nEOF", QuotedHeredoc, 0),
        ("cat <<EOF\n'${{ x }}'\nEOF", Heredoc, 0),
        ("# ${{ x }}", Comment, 0),
        ("a # ${{ x }}\nb", Comment, 0),
        ("a\n# ${{ x }}\nb", Comment, 0),
        ("if a; then\n  # ${{ x }}\n  b\nfi", Comment, 0),
        ("echo \"$(a ${{ x }})\"", Bare, 1),
        ("echo \"$(a \"${{ x }}\")\"", Double, 1),
        ("echo `a '${{ x }}'`", Single, 1),
        ("diff <(a \"${{ x }}\") b", Double, 1),
        ("bash -c 'a ${{ x }}'", Bare, 1),
        ("bash -c 'a \"${{ x }}\"'", Double, 1),
        ("bash -c \"a ${{ x }}\"", Bare, 1),
        ("[ \"${{ x }}\" = y ]", Double, 0),
        ("[[ ${{ x }} == y ]]", Bare, 0),
        ("[[ y == ${{ x }} ]]", Bare, 0),
        ("echo $(( ${{ x }} + 1 ))", Arithmetic, 0),
        ("(( ${{ x }} > 1 ))", Arithmetic, 0),
        ("case ${{ x }} in a) ;; esac", Bare, 0),
        ("case a in ${{ x }}) ;; esac", Bare, 0),
        ("for i in ${{ x }}; do :; done", Bare, 0),
        ("a > ${{ x }}", Bare, 0),
        ("a > \"${{ x }}\"", Double, 0),
        ("a <<< \"${{ x }}\"", Double, 0),
        ("echo \"${a:-${{ x }}}\"", Double, 0),
        ("f() { a \"${{ x }}\"; }", Double, 0),
        ("a && b '${{ x }}' | c", Single, 0),
    ];
    for (text, quoting, nested) in cases {
        let script = read(text, Shell::Posix);
        let hole = script.holes[0];
        assert_eq!((hole.quoting, hole.nested), (quoting, nested), "{text}: {:?}", script.unclear);
        assert_eq!(hole.span.of(text), "${{ x }}");
    }
}

#[test]
fn several_expressions_keep_their_order_and_place() {
    let text = "a ${{ b }} \"${{ c }}\" '${{ d }}' # ${{ e }}";
    let script = read(text, Shell::Posix);
    let around: Vec<_> = script.holes.iter().map(|hole| hole.quoting).collect();
    assert_eq!(around, [Quoting::Bare, Quoting::Double, Quoting::Single, Quoting::Comment]);
    assert_eq!(script.holes.iter().filter(|hole| hole.may_be_variable()).count(), 1);
}

#[test]
fn what_is_not_understood_is_said() {
    let cases = [
        ("make", "[]"),
        ("$CC x.c", "[DynamicCommand]"),
        ("${{ inputs.run }}", "[DynamicCommand]"),
        ("eval \"$x\"", "[DynamicScript, DynamicCommand]"),
        ("eval $x $y", "[DynamicScript]"),
        ("bash -c \"$x\"", "[DynamicScript, DynamicCommand]"),
        ("bash -c '${{ x }}'", "[DynamicScript]"),
        ("curl -s https://x | bash", "[DynamicScript]"),
        ("echo \"$x\" | tr a b | sudo -E /bin/sh -e", "[DynamicScript]"),
        ("echo x | bash -s -- y", "[DynamicScript]"),
        ("echo x | bash build.sh", "[]"),
        ("echo x | bash -c 'cat'", "[]"),
        ("bash <<< \"$x\"", "[DynamicScript]"),
        ("bash -e <<E\necho $x\nE\n", "[DynamicScript]"),
        ("bash <<'E'\necho $x\nE\n", "[]"),
        ("su -c \"$x\" deploy", "[DynamicScript]"),
        ("su - deploy --command=\"$x\"", "[DynamicScript]"),
        ("su -c 'make' deploy", "[]"),
        ("su \"$user\"", "[]"),
        ("pwsh -NoProfile -c \"$x\"", "[DynamicScript]"),
        ("pwsh -Command echo \"$x\"", "[DynamicScript]"),
        ("pwsh -File \"$x\"", "[]"),
        ("ssh -o A=b host \"$x\"", "[Elsewhere]"),
        ("ssh -p 22 -v \"$user@$host\" make", "[]"),
        ("ssh -i \"$key\" host make \"$x\"", "[Elsewhere]"),
        ("docker exec -i c sh -ec \"$x\"", "[Elsewhere]"),
        ("docker exec -e A=\"$x\" c sh -c 'echo $A'", "[]"),
        ("docker run \"$image\" bash ./x.sh", "[]"),
        ("kubectl exec p -- bash -c \"$x\"", "[Elsewhere]"),
        ("uv run --with y python -c \"$x\"", "[DynamicScript]"),
        ("uv run pytest \"$x\"", "[]"),
        ("sudo docker exec c su -c \"$x\"", "[Elsewhere]"),
        ("bash <(echo \"$x\")", "[DynamicScript]"),
        (". <(echo \"$x\")", "[DynamicScript]"),
        (". /dev/stdin <<< \"$x\"", "[DynamicScript]"),
        (". /dev/stdin <<< 'a=b'", "[]"),
        ("echo \"$x\" | . /dev/stdin", "[DynamicScript]"),
        ("bash /dev/stdin <<< \"$x\"", "[DynamicScript]"),
        ("source ./env.sh", "[Sourced]"),
        (". ./env.sh", "[Sourced]"),
    ];
    for (text, doubts) in cases {
        let script = read(text, Shell::Posix);
        let is: Vec<_> = script.unclear.iter().map(|unclear| unclear.why.clone()).collect();
        assert_eq!(format!("{is:?}"), doubts, "{text}");
        assert_eq!(script.is_understood(), matches!(doubts, "[]" | "[Elsewhere]"), "{text}");
    }
    for text in ["a 'b", "if a; then b", "a | | b", "(a", "& b", "a \"b"] {
        let script = read(text, Shell::Posix);
        assert!(
            matches!(script.unclear.first().map(|it| &it.why), Some(Doubt::Syntax(_))),
            "{text}: {script:?}"
        );
    }
}

#[test]
fn what_stands_after_an_error_is_read() {
    assert_eq!(said("a\n& b\nc", Shell::Posix, tools), "a b c");
}

#[test]
fn huge_and_deep_scripts_end() {
    let long = "a ".repeat(1 << 18);
    assert_eq!(read(&long, Shell::Posix).unclear[0].why, Doubt::TooLarge);
    for (unit, count) in [
        ("$(", 20_000),
        ("\"$(", 20_000),
        ("{ ", 20_000),
        ("if a; then ", 5_000),
        ("${x:-", 20_000),
        ("{a,", 20_000),
        ("((", 20_000),
        ("a && ", 3_000),
        ("a | ", 3_000),
    ] {
        let text = unit.repeat(count) + "b";
        assert!(!read(&text, Shell::Posix).is_understood(), "{unit}");
    }
}

#[test]
fn shells_have_names_and_templates() {
    let cases = [
        ("bash", Shell::Posix),
        ("sh", Shell::Posix),
        ("BASH", Shell::Posix),
        ("bash -el {0}", Shell::Posix),
        ("script -q -e -c \"bash --noprofile --norc -eo pipefail {0}\"", Shell::Posix),
        ("C:\\tools\\cygwin\\bin\\bash.exe -o igncr {0}", Shell::Posix),
        ("pwsh", Shell::PowerShell),
        ("powershell", Shell::PowerShell),
        ("cmd", Shell::Cmd),
        ("python", Shell::Python),
        ("python3 {0}", Shell::Python),
        ("Rscript {0}", Shell::Other),
        ("nu {0}", Shell::Other),
    ];
    for (value, shell) in cases {
        assert_eq!(Shell::of(value), shell, "{value}");
    }
}

#[test]
fn runner_files_have_variables() {
    for file in RunnerFile::ALL {
        assert_eq!(RunnerFile::of_variable(&format!("GITHUB_{}", file.name())), Some(file));
        assert_eq!(RunnerFile::of_expression(&format!("github.{}", file.name().to_lowercase())), Some(file));
    }
    assert_eq!(RunnerFile::of_variable("GITHUB_SHA"), None);
}

const fn beside_builtins(kind: &UseKind<'_>) -> bool {
    !matches!(kind, UseKind::Builtin(_))
}

#[test]
fn powershell_is_read_approximately() {
    let cases = [
        ("choco install x\nWrite-Host y", "choco"),
        ("# choco\n<# a\nb #> c", "c"),
        ("if ($x) { a } else { b }; c | d", "a b c d"),
        ("$x = git describe; & ./a.ps1", "git ./a.ps1"),
        ("echo \"A=$env:B\" >> $env:GITHUB_ENV", "ENV:A $B >ENV $GITHUB_ENV"),
        ("\"A=b\" | Out-File -FilePath $env:GITHUB_OUTPUT -Append", "OUTPUT:A >OUTPUT $GITHUB_OUTPUT"),
        ("Add-Content $env:GITHUB_PATH 'x'", ">PATH $GITHUB_PATH"),
        ("echo A=b >> $env:GITHUB_ENV", "ENV:A >ENV $GITHUB_ENV"),
        ("echo \"$x=b\" >> $env:GITHUB_ENV", "ENV:? >ENV $GITHUB_ENV"),
        ("$env:A = 'b'; $env:C += \"${env:D}\"", "x:A= x:C= $D"),
        ("Write-Output \"::set-output name=a::b\"", "::set-output:a"),
        ("echo '$env:A'", ""),
        ("@'\n$env:A b\n'@ | c", "c"),
    ];
    table(&cases, Shell::PowerShell, beside_builtins);
}

#[test]
fn cmd_is_read_approximately() {
    let cases = [
        ("@echo off\r\ncmake .. && ninja | more", "cmake ninja more"),
        ("rem a b\n:: c\nd %X% \"%Y%\"", "d $X $Y"),
        ("set A=b\nset \"C=%D%\"", "x:A= x:C= $D"),
        ("call \"a b.bat\" x\ncall c.bat", "c.bat"),
        ("echo A=%B%>>%GITHUB_ENV%", "ENV:A $B >ENV $GITHUB_ENV"),
        ("echo A=b >> \"%GITHUB_ENV%\"", "ENV:A >ENV $GITHUB_ENV"),
        ("for %%f in (*) do a %%f", "a"),
        ("echo ::group::a", "::group"),
    ];
    table(&cases, Shell::Cmd, beside_builtins);
}

#[test]
fn python_is_read_approximately() {
    let cases = [
        ("import os\nprint(os.environ['A'], os.getenv(\"B\"), os.environ.get('C', ''))", "$A $B $C"),
        ("os.environ['A'] = 'b'", "x:A="),
        ("subprocess.run(['git', 'x']); os.system(\"make -j\")", "git make"),
        ("# subprocess.run(['git'])\nrun('git')", ""),
        (
            "with open(os.environ['GITHUB_OUTPUT'], 'a') as f:\n  f.write('a=b')\n  print(f'c={d}', file=f)",
            "@OUTPUT $GITHUB_OUTPUT OUTPUT:a OUTPUT:c",
        ),
        ("print('::error::x')", "::error"),
    ];
    table(&cases, Shell::Python, beside_builtins);
}

#[test]
fn other_shells_know_quotes_and_comments() {
    use Quoting::{Bare, Comment, Double, Heredoc, Single};
    let cases = [
        (Shell::PowerShell, "a ${{ x }}", Bare),
        (Shell::PowerShell, "a \"${{ x }}\"", Double),
        (Shell::PowerShell, "a '${{ x }}'", Single),
        (Shell::PowerShell, "@\"\n${{ x }}\n\"@", Heredoc),
        (Shell::PowerShell, "# ${{ x }}", Comment),
        (Shell::Cmd, "a \"${{ x }}\"", Double),
        (Shell::Cmd, "rem ${{ x }}", Comment),
        (Shell::Python, "a = '${{ x }}'", Double),
        (Shell::Python, "# ${{ x }}", Comment),
        (Shell::Other, "a", Quoting::Unknown),
    ];
    for (shell, text, quoting) in cases {
        let script = read(text, shell);
        assert!(!script.is_understood());
        if let Some(hole) = script.holes.first() {
            assert_eq!(hole.quoting, quoting, "{text}");
        }
    }
}

#[test]
fn files_and_commands_are_features() {
    let rows = include_str!("../features.yaml");
    let has = |id: String| assert!(rows.contains(&format!("- id: {id}\n")), "{id}");
    RunnerFile::ALL.iter().for_each(|file| has(format!("runner-file/GITHUB_{}", file.name())));
    let commands = rows.lines().filter_map(|line| line.strip_prefix("- id: command/"));
    let known: Vec<_> = commands.map(|name| (name, CommandKind::of(name))).collect();
    assert_eq!(known.len(), 15, "{known:?}");
    for (name, kind) in known {
        assert!(kind.is_some(), "{name}");
    }
}

#[test]
fn a_text_that_the_parser_breaks_off_at_is_not_understood() {
    let script = Script::read("ල\"\\\"`ꧏ`\"", Shell::Posix, &[]);
    assert!(!script.is_understood());
}
