//! The operator's grants to external issuers.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use hyper::Uri;
use jsonwebtoken::Algorithm;
use serde::Deserialize;

use crate::auth::{Scopes, is_tenant_code};
use crate::limits::Plan;

/// The algorithms that can be allowed: those with a public key.
const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// The external issuers, parsed from a JSON array.
#[derive(Clone, Debug, Default)]
pub struct ExternalIssuers(pub(super) Vec<TrustPolicy>);

/// The grant of one issuer.
#[derive(Clone, Debug)]
pub(super) struct TrustPolicy {
    /// The exact `iss`.
    pub(super) issuer: Arc<str>,
    /// The URL of its keys.
    pub(super) jwks_url: Uri,
    /// The required `aud`.
    pub(super) audience: String,
    /// The allowed algorithms.
    pub(super) algorithms: Vec<Algorithm>,
    /// Codes of the tenants that it may issue tokens for.
    pub(super) tenants: Vec<String>,
    /// The most scopes that its tokens may have.
    pub(super) scopes: Scopes,
    /// The plans that its tokens may name.
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
            Some((_, policy)) => Err(format!("issuer {} is listed twice", policy.issuer)),
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
        let jwks_url: Uri = written.jwks_url.parse().map_err(|_| fault("jwksUrl", "is not a URL"))?;
        if !is_trustworthy(&jwks_url) {
            return Err(fault("jwksUrl", "must be https, or http to the local host, without a password"));
        }
        let algorithms = match written.algorithms {
            None => ALGORITHMS.map(|(_, algorithm)| algorithm).to_vec(),
            Some(names) => names.iter().map(|name| algorithm(name)).collect::<Option<_>>().unwrap_or_default(),
        };
        if algorithms.is_empty() {
            return Err(fault("algorithms", "must be one or more of RS256, PS256, ES256 and EdDSA"));
        }
        if written.tenants.is_empty() || !written.tenants.iter().all(|code| is_tenant_code(code)) {
            return Err(fault("tenants", "must be one or more codes of lower-case letters, digits and hyphens"));
        }
        let scopes: Scopes = written.scopes.parse().map_err(|error| fault("scopes", &format!("{error}")))?;
        let plans: Vec<Plan> = written.plans.iter().filter_map(|plan| plan.parse().ok()).collect();
        if plans.is_empty() || plans.len() != written.plans.len() || plans.contains(&Plan::Unmetered) {
            return Err(fault("plans", "must be one or more of starter, standard and premium"));
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

/// The algorithm of this name, if it can be allowed.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
}

/// Whether the connection to this URL is authentic: over TLS, or to the local host.
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
    fn a_trust_policy_is_parsed() {
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
    fn an_invalid_grant_is_reported_by_field_and_rule() {
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
