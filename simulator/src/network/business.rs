//! Customers that the network lists as businesses: the name in their certificate goes with all that they write, and
//! correspondents are told when it changes.

use serde::{Deserialize, Serialize};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp::{VerifiedNameCertificate, verified_name_certificate::Details};

use super::Network;
use super::account::{Account, lock};
use super::address::Address;
use crate::store::StoreError;

/// Who certifies the names of small businesses.
const ISSUER: &str = "smb:wa";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Business {
    pub name: String,
    /// Of the certificate: another one with each name.
    pub serial: u64,
}

impl Business {
    /// `<verified_name>`: the name stands in the certificate alone. No client checks who has signed it.
    pub fn certificate(&self) -> Node {
        self.node().build()
    }

    fn node(&self) -> NodeBuilder {
        let details = Details {
            verified_name: Some(self.name.clone()),
            issuer: Some(ISSUER.to_owned()),
            serial: Some(self.serial),
            ..Default::default()
        };
        let certificate = VerifiedNameCertificate { details: Some(details.encode_to_vec()), ..Default::default() };
        NodeBuilder::new("verified_name").attr("v", 2).bytes(certificate.encode_to_vec())
    }
}

impl Network {
    /// Lists an account as a business, or no longer.
    pub async fn set_business(&self, account: &Account, business: Option<Business>) -> Result<(), StoreError> {
        let jid = Address::phone(account.number).jid();
        let change =
            business.as_ref().map_or_else(|| NodeBuilder::new("remove"), Business::node).attr("jid", jid).build();
        lock(&account.profile).business = business;
        self.store.write(vec![Self::profile_op(account)]).await?;
        let to = self.correspondents(account).await?;
        self.tell_correspondents(account, &to, "business", &change).await
    }
}
