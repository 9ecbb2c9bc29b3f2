//! Runs the connection in the browser: socket, timers, and updates of the application state.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use leptos::{
    leptos_dom::helpers::{AnimationFrameRequestHandle, TimeoutHandle, request_animation_frame_with_handle},
    prelude::*,
    task::spawn_local,
};

use super::{
    connection::{Action, Connection, Event},
    protocol::ServerMessage,
    socket::{Socket, SocketEvent},
};
use crate::{
    api::session::Session,
    domain::ids::PropertyId,
    state::{FeedStatus, Stock},
};

/// Maximum number of queued updates. A page in the background has no frames, so the queue must be bounded.
const MAX_PENDING: usize = 500;

/// Keeps the connection up until it is stopped. Every clone refers to the same connection.
#[derive(Clone)]
pub struct Supervisor(Rc<Inner>);

struct Inner {
    session: Session,
    stock: Stock,
    feed: FeedStatus,
    connection: RefCell<Connection>,
    socket: RefCell<Option<Socket>>,
    /// The timer and its time.
    timer: Cell<Option<(f64, TimeoutHandle)>>,
    /// Updates for the state, applied with the next frame.
    pending: RefCell<Vec<Action>>,
    frame: Cell<Option<AnimationFrameRequestHandle>>,
}

impl Supervisor {
    /// A connection that follows no property. `page` is the identifier of this page in presence messages.
    pub fn start(session: Session, stock: Stock, feed: FeedStatus, page: String) -> Self {
        let is_online = window().navigator().on_line();
        Self(Rc::new(Inner {
            session,
            stock,
            feed,
            connection: RefCell::new(Connection::new(page, is_online, js_sys::Math::random)),
            socket: RefCell::default(),
            timer: Cell::default(),
            pending: RefCell::default(),
            frame: Cell::default(),
        }))
    }

    /// Follows these properties.
    pub fn properties(&self, properties: Vec<PropertyId>) {
        self.0.on(Event::Properties(properties));
    }

    /// Handles the gain or loss of the network.
    pub fn on_network(&self, is_online: bool) {
        self.0.on(Event::Network(is_online));
    }

    /// Closes the socket and cancels every timer.
    pub fn stop(&self) {
        self.0.on(Event::Properties(Vec::new()));
        if let Some((_, timer)) = self.0.timer.take() {
            timer.clear();
        }
        if let Some(frame) = self.0.frame.take() {
            frame.cancel();
        }
        self.0.flush();
    }
}

impl Inner {
    fn on(self: &Rc<Self>, event: Event) {
        let actions = self.connection.borrow_mut().on(js_sys::Date::now(), event);
        for action in actions {
            self.act(action);
        }
        self.arm();
    }

    fn act(self: &Rc<Self>, action: Action) {
        match action {
            Action::Open => self.open(),
            Action::Send(text) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send(&text);
                }
            }
            Action::Close => drop(self.socket.take()),
            Action::Renew => {
                let (this, session) = (Rc::downgrade(self), self.session);
                spawn_local(async move {
                    let is_good = session.renew().await;
                    with(&this, |inner| inner.on(Event::Renewed(is_good)));
                });
            }
            Action::Expire => self.session.expire(),
            Action::Update(_) | Action::Collaborators(_) | Action::ShowFreshness(_) => self.on_event(action),
        }
    }

    fn open(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let on_event = move |event| {
            with(&this, |inner| match event {
                SocketEvent::Opened => inner.on(Event::Opened(inner.session.bearer())),
                SocketEvent::Text(text) => inner.on(Event::Message(ServerMessage::read(&text))),
                SocketEvent::Closed(code) => inner.on(Event::Closed(code)),
            });
        };
        let socket = Socket::open(on_event);
        if socket.is_none() {
            let this = Rc::downgrade(self);
            // On a later task, because the connection is handling an event now.
            set_timeout(move || with(&this, |inner| inner.on(Event::Closed(1006))), Duration::ZERO);
        }
        drop(self.socket.replace(socket));
    }

    /// Sets the timer, unless an earlier one is set.
    fn arm(self: &Rc<Self>) {
        let Some(at) = self.connection.borrow().wake_at() else { return };
        let set = self.timer.take();
        if set.is_some_and(|(earlier, _)| earlier <= at) {
            self.timer.set(set);
            return;
        }
        if let Some((_, timer)) = set {
            timer.clear();
        }
        let this = Rc::downgrade(self);
        let tick = move || {
            with(&this, |inner| {
                inner.timer.set(None);
                inner.on(Event::Tick);
            });
        };
        // One millisecond late, because a tick that is early has no effect.
        let wait = Duration::from_secs_f64(((at - js_sys::Date::now()).max(0.0) + 1.0) / 1_000.0);
        self.timer.set(set_timeout_with_handle(tick, wait).ok().map(|timer| (at, timer)));
    }

    /// Queues an update for the next frame, so that a burst of changes is rendered once.
    fn on_event(self: &Rc<Self>, pending: Action) {
        self.pending.borrow_mut().push(pending);
        if self.pending.borrow().len() >= MAX_PENDING {
            return self.flush();
        }
        let frame = self.frame.take().or_else(|| {
            let this = Rc::downgrade(self);
            let paint = move || {
                with(&this, |inner| {
                    inner.frame.set(None);
                    inner.flush();
                });
            };
            request_animation_frame_with_handle(paint).ok()
        });
        self.frame.set(frame);
    }

    /// Applies the queued updates in order; of freshness and collaborators only the last.
    fn flush(&self) {
        let (mut collaborators, mut freshness) = (None, None);
        for pending in self.pending.take() {
            match pending {
                Action::Update(update) => self.stock.apply_feed_update(update),
                Action::Collaborators(now) => collaborators = Some(now),
                Action::ShowFreshness(now) => freshness = Some(now),
                _ => {}
            }
        }
        if let Some(collaborators) =
            collaborators.filter(|collaborators| self.feed.collaborators.with_untracked(|shown| shown != collaborators))
        {
            self.feed.collaborators.set(collaborators);
        }
        if let Some(freshness) = freshness.filter(|now| self.feed.freshness.get_untracked() != *now) {
            self.feed.freshness.set(freshness);
        }
    }
}

/// Runs an action unless the supervisor is dropped.
fn with(inner: &Weak<Inner>, act: impl FnOnce(&Rc<Inner>)) {
    if let Some(inner) = inner.upgrade() {
        act(&inner);
    }
}
