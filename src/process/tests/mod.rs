//! Trades played from text: event tables, every order of arrival, random histories.

mod buying;
mod flowing;
mod histories;
mod orders_of_arrival;
mod reading;
mod selling;
mod world;
