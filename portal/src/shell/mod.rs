//! What surrounds every page: rail, top bar, palette, questions, messages.
