//! Theme and density. Both are stored in the browser and set as attributes of the root element for the style sheets.

use leptos::prelude::*;

use crate::browser::storage;

/// Which colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Those that the system asks for.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word for it, in the storage as well in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

/// How much room a row takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Density {
    /// 48 px.
    Comfortable,
    /// 34 px.
    Compact,
}

impl Density {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Comfortable, Self::Compact];

    /// The word for it, in the storage as well in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comfortable => "Comfortable",
            Self::Compact => "Compact",
        }
    }
}

/// What the portal looks like. A handle: every copy is the same.
#[derive(Clone, Copy)]
pub struct Appearance {
    theme: RwSignal<Theme>,
    density: RwSignal<Density>,
}

impl Appearance {
    /// As it was left. The page's own script has put it on the root element before the first paint.
    pub fn stored() -> Self {
        let (theme, density) = (storage::recall(storage::THEME), storage::recall(storage::DENSITY));
        let is_kept = |stored: &Option<String>, name: &str| {
            stored.as_ref().is_some_and(|stored| stored.eq_ignore_ascii_case(name))
        };
        let theme = Theme::ALL.into_iter().find(|one| is_kept(&theme, one.name())).unwrap_or(Theme::System);
        let density = Density::ALL.into_iter().find(|one| is_kept(&density, one.name()));
        Self { theme: RwSignal::new(theme), density: RwSignal::new(density.unwrap_or(Density::Comfortable)) }
    }

    /// Which colours are chosen; tracked.
    pub fn theme(self) -> Theme {
        self.theme.get()
    }

    /// How much room rows take; tracked.
    pub fn density(self) -> Density {
        self.density.get()
    }

    /// Chooses colours.
    pub fn set_theme(self, theme: Theme) {
        storage::remember(storage::THEME, &theme.name().to_lowercase());
        let is_dark = match theme {
            Theme::Light => false,
            Theme::Dark => true,
            // Later changes of the system are followed by the page's own script.
            Theme::System => {
                window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
            }
        };
        write("data-theme", if is_dark { "dark" } else { "light" });
        self.theme.set(theme);
    }

    /// Chooses how much room rows take.
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

/// The choice of both, as two rows of buttons.
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
