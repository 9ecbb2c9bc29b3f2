//! Registers the gateway's schema, against which cynic checks the queries at compile time.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    cynic_codegen::register_schema("lodgate").from_sdl_file("schema.graphql")?.as_default()?;
    Ok(())
}
