//! Every operation of the API: the router is made from this list, and so is the OpenAPI document.

mod money;
mod trades;
mod traffic;

use super::table::Route;

/// All of them, in the order in which they are described.
pub fn all() -> impl Iterator<Item = &'static Route> {
    [traffic::ROUTES, trades::ROUTES, money::ROUTES].into_iter().flatten()
}
