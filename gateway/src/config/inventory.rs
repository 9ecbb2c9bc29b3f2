//! Options of the inventory rules.

use clap::Args;

/// Parameters of the inventory rules.
#[derive(Clone, Debug, Args)]
pub struct InventoryOptions {
    /// Number of days for which a subscription can resume from its cursor.
    #[arg(long, env, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub resume_window_days: u32,
    /// Default duration of a hold, in minutes.
    #[arg(long, env, value_name = "MINUTES", default_value_t = 15, value_parser = clap::value_parser!(i32).range(1..=10_080))]
    pub hold_minutes: i32,
    /// Maximum duration of a hold with its extensions, in minutes.
    #[arg(long, env, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(i32).range(1..=10_080))]
    pub hold_minutes_max: i32,
    /// Maximum number of rooms on hold per contract.
    #[arg(long, env, value_name = "ROOMS", default_value_t = 1_000, value_parser = clap::value_parser!(i32).range(1..))]
    pub max_held_rooms: i32,
}
