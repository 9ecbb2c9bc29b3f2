//! The signed-in account: the viewer, their properties, and the property that the pages show.

use leptos::prelude::*;

use crate::{
    api::{self, Failure, Viewer, session::Session},
    domain::{ids::PropertyId, night_key::NightKey, property::Property, selected_property::SelectedProperty},
};

/// The signed-in account. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Account {
    /// The signed-in user; none until it is loaded.
    pub viewer: RwSignal<Option<Viewer>>,
    /// The properties of the supplier; none until they are loaded.
    pub properties: RwSignal<Option<Result<Vec<Property>, Failure>>>,
    /// The property that the pages show; none is the first property. The shell sets it from the address.
    pub selected_property: RwSignal<Option<SelectedProperty>>,
    session: Session,
}

impl Account {
    /// An account that is not loaded. It lives as long as the component that creates it.
    pub fn new(session: Session) -> Self {
        Self {
            viewer: RwSignal::new(None),
            properties: RwSignal::new(None),
            selected_property: RwSignal::new(None),
            session,
        }
    }

    /// The property that the pages show: the selected one, or the first; tracked.
    pub fn property(self) -> Option<Property> {
        let selected = self.selected_property.get();
        self.properties.with(|properties| {
            let properties = properties.as_ref()?.as_ref().ok()?;
            let named = match selected {
                Some(SelectedProperty::One(code)) => properties.iter().find(|property| property.code == code),
                Some(SelectedProperty::All) | None => None,
            };
            named.or_else(|| properties.first()).cloned()
        })
    }

    /// Whether all properties are selected; tracked.
    pub fn are_all_selected(self) -> bool {
        self.selected_property.with(|selected| *selected == Some(SelectedProperty::All))
    }

    /// The property with this id; not tracked.
    pub fn property_by_id(self, id: &PropertyId) -> Option<Property> {
        self.properties.with_untracked(|properties| {
            properties.as_ref()?.as_ref().ok()?.iter().find(|property| property.id == *id).cloned()
        })
    }

    /// The number of physical rooms of a night's room type; `u32::MAX` if the room type is unknown. Not tracked.
    pub fn physical_rooms(self, night: &NightKey) -> u32 {
        self.properties.with_untracked(|properties| {
            let properties = properties.as_ref().and_then(|properties| properties.as_ref().ok()).into_iter().flatten();
            let mut rooms =
                properties.filter(|property| property.id == night.property).flat_map(|property| &property.room_types);
            rooms.find(|room| room.id == night.room_type).map_or(u32::MAX, |room| room.physical_rooms)
        })
    }

    /// Whether the user may change the calendar; tracked.
    pub fn may_write(self) -> bool {
        self.viewer.with(|viewer| viewer.as_ref().is_some_and(|viewer| viewer.may("inventory:write")))
    }

    /// Whether the user may change the calendar; not tracked.
    pub fn may_write_untracked(self) -> bool {
        untrack(|| self.may_write())
    }

    /// Loads the properties, or refreshes them. A refresh that fails keeps the properties that are known.
    pub(super) async fn load_properties(self) {
        let loaded = api::properties(self.session).await;
        if loaded == Err(Failure::SignedOut) {
            return;
        }
        let has_some = self.properties.with_untracked(|properties| matches!(properties, Some(Ok(_))));
        if (loaded.is_ok() || !has_some)
            && self.properties.with_untracked(|properties| properties.as_ref() != Some(&loaded))
        {
            self.properties.set(Some(loaded));
        }
    }

    pub(super) fn clear(self) {
        self.viewer.set(None);
        self.properties.set(None);
    }
}
