//! Holds JSON against a published JSON Schema, as any program outside would: by a validator that is none of ours.

use serde_json::Value;

/// What is wrong with a value; `None` when it is as the schema says. A schema that is none fails the test.
pub fn fault(schema: &Value, value: &Value) -> Option<String> {
    let (mut compiler, mut schemas) = (boon::Compiler::new(), boon::Schemas::new());
    compiler.add_resource("file:///published.json", schema.clone()).expect("the schema reads");
    let index = compiler.compile("file:///published.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
    schemas.validate(value, index).err().map(|error| format!("{error:#}"))
}
