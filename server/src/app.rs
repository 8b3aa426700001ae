#[derive(Clone, Debug)]
pub struct App;
