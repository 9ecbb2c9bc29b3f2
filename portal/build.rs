//! Makes the gateway's schema known to the queries, which are checked against it as they compile.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    cynic_codegen::register_schema("lodgate").from_sdl_file("schema.graphql")?.as_default()?;
    Ok(())
}
