//! The contract that other programs rely on, asked through the router without a socket.
