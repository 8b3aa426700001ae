//! `GET /api/realtime`: the WebSocket.
