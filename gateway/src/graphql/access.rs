//! Access of the caller to properties. Every resolver that reads or changes a property gets a [`PropertyAccess`] here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_graphql::{Context, Error, ID, Result};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId};
use lodgate_entities::tenant::TenantKind;
use sea_orm::DbErr;

use super::error::{self, ErrorCode};
use super::loaders::Loaders;
use super::scalars::{CursorText, NodeId};
use crate::app::App;
use crate::auth::{Scope, Viewer};
use crate::feed::Cursor;
use crate::inventory::{Actor, Contract, Property, RoomType};
use crate::journal::PropertyStructure;

/// The part of a property that the caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everything: the caller owns the property.
    Supplier,
    /// The part that these contracts of the caller cover, ascending.
    Partner(Vec<ContractId>),
}

/// A property that the caller may see. Only this module makes one, so holding one proves the check.
#[derive(Clone)]
pub struct PropertyAccess {
    structure: Arc<PropertyStructure>,
    visibility: Visibility,
}

impl PropertyAccess {
    /// The access of `viewer` to the property; `None` when it may not see it, which callers answer as if it did not exist.
    pub fn for_viewer(viewer: &Viewer, structure: Arc<PropertyStructure>) -> Option<Self> {
        let visibility = match viewer.kind {
            TenantKind::Supplier if structure.property.supplier == viewer.tenant => Visibility::Supplier,
            TenantKind::Partner => {
                let own: Vec<ContractId> = structure
                    .contracts
                    .values()
                    .filter(|contract| contract.partner == viewer.tenant)
                    .map(|found| found.id)
                    .collect();
                if own.is_empty() {
                    return None;
                }
                Visibility::Partner(own)
            }
            _ => return None,
        };
        Some(Self { structure, visibility })
    }

    /// The property's id.
    pub fn id(&self) -> PropertyId {
        self.structure.property.id
    }

    /// The property.
    pub fn property(&self) -> &Property {
        &self.structure.property
    }

    /// All its room types.
    pub fn room_types(&self) -> &BTreeMap<RoomTypeId, RoomType> {
        &self.structure.room_types
    }

    /// A room type by its id.
    pub fn room_type(&self, id: RoomTypeId) -> Option<&RoomType> {
        self.structure.room_types.get(&id)
    }

    /// The part of the property that the caller sees.
    pub fn visibility(&self) -> &Visibility {
        &self.visibility
    }

    /// A contract by its id, if the caller may see it.
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        let is_visible = match &self.visibility {
            Visibility::Supplier => true,
            Visibility::Partner(own) => own.contains(&id),
        };
        self.structure.contracts.get(&id).filter(|_| is_visible)
    }

    /// The contracts that the caller may see, ascending.
    pub fn contracts(&self) -> Vec<Contract> {
        match &self.visibility {
            Visibility::Supplier => self.structure.contracts.values().cloned().collect(),
            Visibility::Partner(own) => own.iter().filter_map(|id| self.structure.contracts.get(id).cloned()).collect(),
        }
    }

    /// `true` when the caller owns the property.
    pub fn is_supplier(&self) -> bool {
        self.visibility == Visibility::Supplier
    }

    /// Checks that the caller owns the property.
    ///
    /// # Errors
    /// `FORBIDDEN` when it does not.
    pub fn supplier_only(&self) -> Result<()> {
        if self.is_supplier() {
            Ok(())
        } else {
            Err(ErrorCode::Forbidden.error("this belongs to the supplier; partners read availability instead"))
        }
    }
}

/// The app.
pub fn app<'a>(ctx: &Context<'a>) -> Result<&'a App> {
    ctx.data::<App>()
}

/// The caller.
pub fn viewer<'a>(ctx: &Context<'a>) -> Result<&'a Viewer> {
    ctx.data::<Viewer>()
}

/// Runs a database read under the caller's fair share of the database.
///
/// # Errors
/// When the database cannot be reached.
pub async fn read<T>(ctx: &Context<'_>, read: impl Future<Output = Result<T, DbErr>>) -> Result<T> {
    app(ctx)?.read_for(viewer(ctx)?.tenant, read).await.map_err(|error| error::database(&error))
}

/// The caller, if its token has the scope.
///
/// # Errors
/// `FORBIDDEN` when it lacks the scope.
pub fn viewer_with<'a>(ctx: &Context<'a>, scope: Scope) -> Result<&'a Viewer> {
    let viewer = viewer(ctx)?;
    if viewer.scopes.contains(scope) {
        Ok(viewer)
    } else {
        let message = format!("the token lacks the scope {scope}");
        Err(ErrorCode::Forbidden.error(message))
    }
}

/// The caller as the journal records it.
pub fn actor(viewer: &Viewer) -> Actor {
    Actor { tenant: viewer.tenant, label: viewer.actor().to_owned() }
}

/// The protocol error of a failed loader.
pub fn load_failed(failure: &super::loaders::Failure) -> Error {
    error::database(failure)
}

/// The property, if the caller may see it.
pub async fn property_access(ctx: &Context<'_>, id: PropertyId, at_least: i64) -> Result<Option<PropertyAccess>> {
    let viewer = viewer(ctx)?;
    let loaded =
        ctx.data::<Loaders>()?.structures.load((id, at_least)).await.map_err(|failure| load_failed(&failure))?;
    Ok(loaded.and_then(|structure| PropertyAccess::for_viewer(viewer, structure)))
}

/// As [`property_access`], from an opaque id.
pub async fn property_access_by_id(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    match super::scalars::property_id(id) {
        Some(id) => property_access(ctx, id, 0).await,
        None => Ok(None),
    }
}

/// The contract with an opaque id at this property, if the caller may see it.
pub fn contract_of(access: &PropertyAccess, id: &ID) -> Option<Contract> {
    match NodeId::decode(id)? {
        NodeId::Contract(property, contract) if property == access.id() => {
            access.contracts().into_iter().find(|found| found.id == contract)
        }
        _ => None,
    }
}

/// The latest events that an answer must include, by property, from the cursor of a write or of a subscription.
///
/// # Errors
/// `BAD_USER_INPUT` when it is not a cursor of the caller's tenant.
pub fn at_least(ctx: &Context<'_>, cursor: Option<&CursorText>) -> Result<HashMap<PropertyId, i64>> {
    let Some(text) = cursor else { return Ok(HashMap::new()) };
    let cursor = decode_cursor(ctx, text, "atLeast")?;
    Ok(cursor.positions.into_iter().map(|position| (position.property, position.seq)).collect())
}

/// A cursor of the caller's tenant.
///
/// # Errors
/// `BAD_USER_INPUT` when it is not one.
pub fn decode_cursor(ctx: &Context<'_>, text: &CursorText, field: &str) -> Result<Cursor> {
    let decoded = app(ctx)?.cursor_key.decode(&text.0);
    let tenant = viewer(ctx)?.tenant;
    decoded
        .filter(|cursor| cursor.tenant == tenant)
        .ok_or_else(|| error::bad_input(field, "not a cursor that this gateway gave to your tenant"))
}

/// A property that the caller owns and may change.
pub(super) async fn own_property(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    viewer_with(ctx, Scope::InventoryWrite)?;
    Ok(property_access_by_id(ctx, id).await?.filter(PropertyAccess::is_supplier))
}

/// A property that the caller has a contract for.
pub(super) async fn contracted_property(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    viewer_with(ctx, Scope::ReservationsWrite)?;
    Ok(property_access_by_id(ctx, id).await?.filter(|access| !access.is_supplier()))
}
