//! Theme and density. Both are stored in the browser and set as attributes of the root element for the style sheets.

use leptos::prelude::*;

use crate::browser::storage;

/// The colour theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// The theme of the operating system.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All themes.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The label. In lower case it is the stored value.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

/// The height of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Density {
    /// Rows of 48 px.
    Comfortable,
    /// Rows of 34 px.
    Compact,
}

impl Density {
    /// Both densities.
    pub const ALL: [Self; 2] = [Self::Comfortable, Self::Compact];

    /// The label. In lower case it is the stored value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comfortable => "Comfortable",
            Self::Compact => "Compact",
        }
    }
}

/// Theme and density. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Appearance {
    theme: RwSignal<Theme>,
    density: RwSignal<Density>,
}

impl Appearance {
    /// The stored appearance. The script in the page has set it on the root element before the first paint.
    pub fn stored() -> Self {
        let (theme, density) = (storage::recall(storage::THEME), storage::recall(storage::DENSITY));
        let is_kept = |stored: &Option<String>, name: &str| {
            stored.as_ref().is_some_and(|stored| stored.eq_ignore_ascii_case(name))
        };
        let theme = Theme::ALL.into_iter().find(|one| is_kept(&theme, one.name())).unwrap_or(Theme::System);
        let density = Density::ALL.into_iter().find(|one| is_kept(&density, one.name()));
        Self { theme: RwSignal::new(theme), density: RwSignal::new(density.unwrap_or(Density::Comfortable)) }
    }

    /// The theme; tracked.
    pub fn theme(self) -> Theme {
        self.theme.get()
    }

    /// The density; tracked.
    pub fn density(self) -> Density {
        self.density.get()
    }

    /// Sets the theme.
    pub fn set_theme(self, theme: Theme) {
        storage::remember(storage::THEME, &theme.name().to_lowercase());
        let is_dark = match theme {
            Theme::Light => false,
            Theme::Dark => true,
            // The script in the page follows later changes of the operating system.
            Theme::System => {
                window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
            }
        };
        write("data-theme", if is_dark { "dark" } else { "light" });
        self.theme.set(theme);
    }

    /// Sets the density.
    pub fn set_density(self, density: Density) {
        let name = density.name().to_lowercase();
        storage::remember(storage::DENSITY, &name);
        write("data-density", &name);
        self.density.set(density);
    }
}

fn write(attribute: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(attribute, value);
    }
}

/// The controls for theme and density, as two rows of buttons.
#[component]
pub fn AppearanceChoice() -> impl IntoView {
    let look = expect_context::<Appearance>();
    let themes = Theme::ALL.map(|theme| {
        let is_chosen = move || (look.theme() == theme).to_string();
        view! {
            <button type="button" data-value=theme.name() aria-pressed=is_chosen on:click=move |_| look.set_theme(theme)>
                {theme.name()}
            </button>
        }
    });
    let densities = Density::ALL.map(|density| {
        let is_chosen = move || (look.density() == density).to_string();
        let choose = move |_| look.set_density(density);
        view! {
            <button type="button" data-value=density.name() aria-pressed=is_chosen on:click=choose>
                {density.name()}
            </button>
        }
    });
    view! {
        <p class="menu-label">"Theme"</p>
        <div class="segments" role="group" aria-label="Theme" data-testid="theme">{themes.collect_view()}</div>
        <p class="menu-label">"Row height"</p>
        <div class="segments" role="group" aria-label="Row height" data-testid="density">{densities.collect_view()}</div>
    }
}
