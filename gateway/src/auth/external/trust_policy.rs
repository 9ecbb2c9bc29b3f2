//! What the operator grants to issuers that are not ours.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use hyper::Uri;
use jsonwebtoken::Algorithm;
use serde::Deserialize;

use crate::auth::{Scopes, is_tenant_code};
use crate::limits::Plan;

/// All that can be allowed: signatures that a public key verifies.
const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// The issuers that are accepted beside our own, as a JSON array.
#[derive(Clone, Debug, Default)]
pub struct ExternalIssuers(pub(super) Vec<TrustPolicy>);

/// What one issuer may say.
#[derive(Clone, Debug)]
pub(super) struct TrustPolicy {
    /// Its `iss`, to the letter.
    pub(super) issuer: Arc<str>,
    /// Where its keys are.
    pub(super) jwks_url: Uri,
    /// The `aud` that its tokens must carry.
    pub(super) audience: String,
    /// What its keys may be for.
    pub(super) algorithms: Vec<Algorithm>,
    /// The codes of the tenants that it may speak for.
    pub(super) tenants: Vec<String>,
    /// What its tokens may do at most.
    pub(super) scopes: Scopes,
    /// The plans that it may name.
    pub(super) plans: Vec<Plan>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    issuer: String,
    jwks_url: String,
    audience: String,
    algorithms: Option<Vec<String>>,
    tenants: Vec<String>,
    scopes: String,
    plans: Vec<String>,
}

impl FromStr for ExternalIssuers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let written: Vec<Written> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let all = written.into_iter().map(TrustPolicy::read).collect::<Result<Vec<_>, _>>()?;
        let twice = all.iter().enumerate().find(|(at, one)| all[..*at].iter().any(|other| other.issuer == one.issuer));
        match twice {
            Some((_, policy)) => Err(format!("issuer {} is there twice", policy.issuer)),
            None => Ok(Self(all)),
        }
    }
}

impl TrustPolicy {
    fn read(written: Written) -> Result<Self, String> {
        let name = written.issuer;
        let fault = |field: &str, rule: &str| format!("issuer {name}: {field} {rule}");
        if name.is_empty() {
            return Err("an issuer's name is empty".to_owned());
        }
        if written.audience.is_empty() {
            return Err(fault("audience", "is empty"));
        }
        let jwks_url: Uri = written.jwks_url.parse().map_err(|_| fault("jwksUrl", "is no URL"))?;
        if !is_trustworthy(&jwks_url) {
            return Err(fault("jwksUrl", "is https, without a password; http only to this machine"));
        }
        let algorithms = match written.algorithms {
            None => ALGORITHMS.map(|(_, algorithm)| algorithm).to_vec(),
            Some(names) => names.iter().map(|name| algorithm(name)).collect::<Option<_>>().unwrap_or_default(),
        };
        if algorithms.is_empty() {
            return Err(fault("algorithms", "are one or more of RS256, PS256, ES256 and EdDSA"));
        }
        if written.tenants.is_empty() || !written.tenants.iter().all(|code| is_tenant_code(code)) {
            return Err(fault("tenants", "are one or more codes of lower-case letters, digits and hyphens"));
        }
        let scopes: Scopes = written.scopes.parse().map_err(|error| fault("scopes", &format!("{error}")))?;
        let plans: Vec<Plan> = written.plans.iter().filter_map(|plan| plan.parse().ok()).collect();
        if plans.is_empty() || plans.len() != written.plans.len() || plans.contains(&Plan::Unmetered) {
            return Err(fault("plans", "are one or more of starter, standard and premium"));
        }
        Ok(Self {
            issuer: name.into(),
            jwks_url,
            audience: written.audience,
            algorithms,
            tenants: written.tenants,
            scopes,
            plans,
        })
    }
}

/// The algorithm of this name, if it is one that can be allowed.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
}

/// Whether what is read there comes from the one that was meant: over TLS, or from this machine.
fn is_trustworthy(url: &Uri) -> bool {
    let Some(authority) = url.authority() else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let over_tls = url.scheme_str() == Some("https");
    !authority.as_str().contains('@') && (over_tls || (url.scheme_str() == Some("http") && is_here))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written() -> Value {
        json!({
            "issuer": "https://id.example", "jwksUrl": "https://id.example/jwks.json", "audience": "lodgate",
            "algorithms": ["RS256", "ES256"], "tenants": ["harbour"], "scopes": "inventory:read", "plans": ["starter"],
        })
    }

    fn read(all: &Value) -> Result<ExternalIssuers, String> {
        all.to_string().parse()
    }

    #[test]
    fn what_an_issuer_may_say_is_read() {
        let issuers = read(&json!([written()])).unwrap();
        let policy = &issuers.0[0];
        assert_eq!(&*policy.issuer, "https://id.example");
        assert_eq!(policy.algorithms, [Algorithm::RS256, Algorithm::ES256]);
        assert_eq!(
            (policy.tenants.as_slice(), policy.plans.as_slice()),
            (&["harbour".to_owned()][..], &[Plan::Starter][..])
        );
        assert!(" ".parse::<ExternalIssuers>().unwrap().0.is_empty());
        let mut all = written();
        all.as_object_mut().unwrap().remove("algorithms");
        assert_eq!(read(&json!([all])).unwrap().0[0].algorithms.len(), 4);
    }

    #[test]
    fn what_cannot_be_granted_is_told_by_field_and_rule() {
        for (field, value) in [
            ("issuer", json!("")),
            ("audience", json!("")),
            ("jwksUrl", json!("id.example")),
            ("jwksUrl", json!("http://id.example/jwks.json")),
            ("jwksUrl", json!("https://me:secret@id.example/jwks.json")),
            ("jwksUrl", json!("file:///etc/passwd")),
            ("algorithms", json!([])),
            ("algorithms", json!(["RS256", "HS256"])),
            ("algorithms", json!(["none"])),
            ("tenants", json!([])),
            ("tenants", json!(["*"])),
            ("scopes", json!("everything")),
            ("plans", json!([])),
            ("plans", json!(["standard", "unmetered"])),
            ("plans", json!(["gold"])),
        ] {
            let mut all = written();
            all[field] = value.clone();
            let error = read(&json!([all])).unwrap_err();
            assert!(error.contains(field), "{field} = {value}: {error}");
        }
        let mut more = written();
        more["tennants"] = json!(["harbour"]);
        assert!(read(&json!([more])).unwrap_err().contains("tennants"));
        assert!(read(&json!([written(), written()])).unwrap_err().contains("twice"));
        for here in ["http://127.0.0.1:9/jwks", "http://[::1]:9/jwks", "http://localhost:9/jwks"] {
            let mut all = written();
            all["jwksUrl"] = json!(here);
            assert!(read(&json!([all])).is_ok(), "{here}");
        }
    }
}
