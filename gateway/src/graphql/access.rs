//! Who may see and do what. Every resolver that touches a property goes through here.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Error, ID, Result};
use lodgate_entities::ids::{ContractId, PropertyId};
use lodgate_entities::tenant::TenantKind;
use sea_orm::DbErr;

use super::error::{self, ErrorCode};
use super::loaders::Loaders;
use super::scalars::{CursorText, NodeId};
use crate::app::App;
use crate::auth::{Scope, Viewer};
use crate::feed::Cursor;
use crate::inventory::{Actor, Contract};
use crate::journal::PropertyStructure;

/// What the caller may see of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everything: it is its own.
    Supplier,
    /// What these contracts of its own open, ascending.
    Partner(Vec<ContractId>),
}

/// A property that the caller may see. Having one is the proof.
#[derive(Clone)]
pub struct PropertyAccess {
    /// The property with its room types and contracts.
    pub structure: Arc<PropertyStructure>,
    /// How much of it.
    pub view: Visibility,
}

impl PropertyAccess {
    /// What `viewer` may see of the property; `None` is answered as if it did not exist.
    pub fn of(viewer: &Viewer, structure: Arc<PropertyStructure>) -> Option<Self> {
        let view = match viewer.kind {
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
        Some(Self { structure, view })
    }

    /// The property's id.
    pub fn id(&self) -> PropertyId {
        self.structure.property.id
    }

    /// The contracts that the caller may see, ascending.
    pub fn contracts(&self) -> Vec<Contract> {
        match &self.view {
            Visibility::Supplier => self.structure.contracts.values().cloned().collect(),
            Visibility::Partner(own) => own.iter().filter_map(|id| self.structure.contracts.get(id).cloned()).collect(),
        }
    }

    /// Whether the caller owns the property.
    pub fn is_supplier(&self) -> bool {
        self.view == Visibility::Supplier
    }

    /// Only for who owns the property.
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

/// What `read` gives of the database, in the caller's turn.
///
/// # Errors
/// When the database can't be reached.
pub async fn read<T>(ctx: &Context<'_>, read: impl Future<Output = Result<T, DbErr>>) -> Result<T> {
    app(ctx)?.read_for(viewer(ctx)?.tenant, read).await.map_err(|error| error::database(&error))
}

/// The caller, if its token carries the scope.
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

/// A failed loader as the caller may see it.
pub fn load_failed(failure: &super::loaders::Failure) -> Error {
    error::database(failure)
}

/// The property, if the caller may see it.
pub async fn seen(ctx: &Context<'_>, id: PropertyId, at_least: i64) -> Result<Option<PropertyAccess>> {
    let viewer = viewer(ctx)?;
    let loaded =
        ctx.data::<Loaders>()?.structures.load((id, at_least)).await.map_err(|failure| load_failed(&failure))?;
    Ok(loaded.and_then(|structure| PropertyAccess::of(viewer, structure)))
}

/// As [`seen`], from an opaque id.
pub async fn seen_by_id(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    match super::scalars::property_id(id) {
        Some(id) => seen(ctx, id, 0).await,
        None => Ok(None),
    }
}

/// The contract at this property that an opaque id names, if the caller may see it.
pub fn contract_of(seen: &PropertyAccess, id: &ID) -> Option<Contract> {
    match NodeId::decode(id)? {
        NodeId::Contract(property, contract) if property == seen.id() => {
            seen.contracts().into_iter().find(|found| found.id == contract)
        }
        _ => None,
    }
}

/// The events that an answer must include, by property: from a write's or a subscription's cursor.
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
    let opened = app(ctx)?.cursor_key.decode(&text.0);
    let tenant = viewer(ctx)?.tenant;
    opened
        .filter(|cursor| cursor.tenant == tenant)
        .ok_or_else(|| error::bad_input(field, "not a cursor that this gateway gave to your tenant"))
}

/// A property that the caller owns and may change.
pub(super) async fn own_property(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    viewer_with(ctx, Scope::InventoryWrite)?;
    Ok(seen_by_id(ctx, id).await?.filter(PropertyAccess::is_supplier))
}

/// A property that the caller has a contract for.
pub(super) async fn contracted_property(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    viewer_with(ctx, Scope::ReservationsWrite)?;
    Ok(seen_by_id(ctx, id).await?.filter(|seen| !seen.is_supplier()))
}
