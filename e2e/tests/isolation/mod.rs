//! No tenant reads or changes data of another tenant. The operations are generated from the schema, so every addition
//! is tested, or the test reports what its table of names lacks.

mod answer;
mod attempt;
mod foreign_ids;
mod names;
mod subscriptions;
mod tenants;

use std::{collections::BTreeSet, fmt::Write as _};

use lodgate_e2e::{Backend, Gateway, TenantKind, client::pool, introspection::Schema, on_backends};
use serde_json::{Value, json};

use self::{
    answer::{Answer, ask},
    attempt::{Operation, operations},
    names::{NAMES, NODES, Names, PLACES, SCOPES, UNPROVEN},
    tenants::{Known, Tenant, Tenants, unknown},
};

/// The list of faults, so that one run reports all of them.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    pub fn add(&mut self, fault: impl Into<String>) {
        self.0.push(fault.into());
    }

    #[track_caller]
    fn none(self) {
        let mut text = String::new();
        for fault in self.0.iter().take(20) {
            let _ = writeln!(text, "- {}", fault.chars().take(800).collect::<String>());
        }
        assert!(self.0.is_empty(), "{} faults:\n{text}", self.0.len());
    }
}

/// The gateway under test, with the operations and the tenants.
pub struct IsolationTest<'a> {
    pub gateway: &'a Gateway,
    pub schema: Schema,
    pub operations: Vec<Operation>,
    pub tenants: Tenants,
    /// Names of the victims that attackers have used for their own objects. Seeing those is not a leak.
    chosen: BTreeSet<String>,
    pub faults: Faults,
}

/// The kind of names in a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Names of existing objects.
    Existing,
    /// Names that a caller chooses itself, and may see afterwards; therefore in the last round.
    Chosen,
}

impl<'a> IsolationTest<'a> {
    async fn at(gateway: &'a Gateway) -> Self {
        let tenants = Tenants::of(gateway).await;
        let sdl = gateway.get("/schema.graphql").await.expect("the schema");
        let schema = Schema::of(&tenants.victims[0].client, sdl).await;
        let mut test = Self {
            operations: operations(&schema),
            gateway,
            schema,
            tenants,
            chosen: BTreeSet::new(),
            faults: Faults::default(),
        };
        test.checks_the_tables();
        test
    }

    /// Checks that the tables contain every argument that may name something, and nothing else.
    fn checks_the_tables(&mut self) {
        let Self { schema, faults, .. } = self;
        let arguments = schema.arguments();
        let listed: BTreeSet<&str> = NAMES.iter().map(|(coordinate, _)| *coordinate).collect();
        for argument in &arguments {
            let (type_name, coordinate) = (&*argument.type_name, &*argument.coordinate);
            let may_name = matches!(type_name, "ID" | "UUID" | "Cursor" | "String")
                || (type_name == "Int" && PLACES.contains(&&*argument.name));
            if may_name && !listed.contains(coordinate) {
                faults.add(format!("{coordinate} ({}) is missing in NAMES", argument.type_text));
            }
            let is_plain = may_name || matches!(type_name, "Int" | "Boolean" | "Date" | "DateTime" | "Float" | "JSON");
            if schema.kind(type_name) == "SCALAR" && !is_plain {
                faults.add(format!("{coordinate} takes a {type_name}, which this test does not know"));
            }
        }
        let present: BTreeSet<&str> = arguments.iter().map(|argument| &*argument.coordinate).collect();
        for gone in listed.difference(&present) {
            faults.add(format!("NAMES has {gone}, which is not in the schema"));
        }
        let nodes = NODES.iter().map(|(name, _)| (*name).to_owned()).collect();
        same("NODES", &nodes, &schema.members("Node").into_iter().collect(), faults);
        let fields = ["query", "mutation", "subscription"].iter().flat_map(|root| schema.root(root));
        let scopes = SCOPES.iter().map(|(name, _)| (*name).to_owned()).collect();
        same("SCOPES", &scopes, &fields.map(|field| field.coordinate()).collect(), faults);
        for object in schema.objects_with_arguments().difference(&nodes) {
            faults.add(format!("{object} has fields with arguments and no id, so this test cannot reach it"));
        }
    }

    /// One tenant attacks every name of another, in every field.
    async fn attacks(
        &mut self,
        round: Round,
        attacker: &Tenant,
        victim: &Tenant,
        secrets: &BTreeSet<String>,
        known: Known,
    ) {
        let theirs = victim.objects_beside(attacker);
        let unknown_names = unknown(&theirs, known == Known::Property);
        let token = attacker.client.token();
        let by_http = self.operations.iter().filter(|operation| operation.kind != "subscription");
        for attempt in
            by_http.clone().flat_map(|one| one.attempts(&self.schema, &attacker.objects, &theirs, &unknown_names))
        {
            let is_chosen = attempt.chooses_names();
            if is_chosen != (round == Round::Chosen) {
                continue;
            }
            let title = format!("{} attacks {} of {}", attacker.code, attempt.title, victim.code);
            let of_theirs = ask(self.gateway, token, &attempt.document, &attempt.theirs).await;
            let of_unknown_names = ask(self.gateway, token, &attempt.document, &attempt.unknown_names).await;
            of_theirs.check_clean(&title, &mut self.faults);
            of_unknown_names.check_clean(&title, &mut self.faults);
            if is_chosen {
                let sent = attempt.theirs.to_string();
                self.chosen.extend(secrets.iter().filter(|secret| sent.contains(secret.as_str())).cloned());
            }
            let secrets = secrets.difference(&self.chosen).cloned().collect();
            of_theirs.has_none_of(&secrets, &attempt.theirs, &title, &mut self.faults);
            // A position in a list selects the caller's own objects, wherever the position comes from.
            let is_place = attempt.names.contains(&Names::Place);
            if let Some(difference) = of_theirs.difference(&of_unknown_names, &attempt).filter(|_| !is_place) {
                self.faults.add(format!("{title}: {difference}"));
            }
        }
        if round == Round::Chosen {
            return;
        }
        // Without a name: lists, and queries without arguments.
        for operation in by_http.filter(|operation| operation.kind == "query") {
            let others = unknown(&victim.objects, false);
            let variables = operation.variables(&self.schema, &BTreeSet::new(), &attacker.objects, &others);
            let document = operation.document(&self.schema, &variables);
            let answer = ask(self.gateway, token, &document, &variables).await;
            let title = format!("{} asks for {}", attacker.code, operation.field.coordinate());
            answer.check_clean(&title, &mut self.faults);
            answer.has_none_of(secrets, &variables, &title, &mut self.faults);
        }
    }

    /// Checks that every name changes the response for one of its owners. A name without effect would prove nothing.
    async fn checks_the_effect_of_names(&mut self, owners: &[&Tenant; 2]) {
        let mut tried = BTreeSet::new();
        let mut proven: BTreeSet<String> = UNPROVEN.iter().map(|(coordinate, _)| (*coordinate).to_owned()).collect();
        let mut wanted = BTreeSet::new();
        for operation in self.operations.iter().filter(|operation| operation.kind != "subscription") {
            let named = operation.named(&self.schema).into_iter();
            wanted.extend(named.filter(|(_, names)| names.is_reference()).map(|(coordinate, _)| coordinate));
            for owner in owners {
                let unknown_names = unknown(&owner.objects, false);
                for attempt in operation.attempts(&self.schema, &owner.objects, &owner.objects, &unknown_names) {
                    if !attempt.is_alone || !attempt.names.iter().all(|names| names.is_reference()) {
                        continue;
                    }
                    let token = owner.client.token();
                    let own = ask(self.gateway, token, &attempt.document, &attempt.theirs).await;
                    let unknown_names = ask(self.gateway, token, &attempt.document, &attempt.unknown_names).await;
                    own.check_clean(&attempt.title, &mut self.faults);
                    unknown_names.check_clean(&attempt.title, &mut self.faults);
                    tried.extend(attempt.attacked.clone());
                    if own.difference(&unknown_names, &attempt).is_some() {
                        proven.extend(attempt.attacked);
                    }
                }
            }
        }
        for coordinate in wanted.difference(&tried) {
            self.faults.add(format!("{coordinate} was never tried"));
        }
        for coordinate in tried.difference(&proven) {
            self.faults
                .add(format!("{coordinate} changes no response of its owners, so attacks with it prove nothing"));
        }
    }

    /// Checks the endpoints beside GraphQL.
    async fn checks_other_endpoints(&mut self, victim: &Tenant, attacker: &Tenant) {
        let secrets = self.tenants.secrets(Known::Nothing);
        for path in ["/metrics", "/livez", "/readyz", "/.well-known/jwks.json", "/graphiql", "/oauth/token", "/graphql"]
        {
            let request = pool().get(format!("{}{path}", self.gateway.base_url())).bearer_auth(attacker.client.token());
            let answer = Answer::of(request.send().await.expect("a response")).await;
            answer.check_clean(path, &mut self.faults);
            answer.has_none_of(&secrets, &Value::Null, path, &mut self.faults);
        }
        // An API client of one tenant cannot revoke the token of another tenant.
        let api_client = async |tenant: &Tenant| {
            let document = "mutation($input: CreateApiClientInput!) {
              createApiClient(input: $input) { client { clientId } secret } }";
            let input = json!({ "input": { "label": "revoker", "scopes": ["INVENTORY_READ"] } });
            let made = tenant.client.query(document, &input).await.expect("an API client")["createApiClient"].clone();
            [&made["client"]["clientId"], &made["secret"]].map(|text| text.as_str().expect("text").to_owned())
        };
        let post = async |path: &str, form: &[(&str, &str)]| {
            let sent = pool().post(format!("{}{path}", self.gateway.base_url())).form(form).send().await;
            Answer::of(sent.expect("a response")).await
        };
        let [id, secret] = api_client(victim).await;
        let form = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*secret)];
        let granted = post("/oauth/token", &form).await;
        let token = granted.body["access_token"].as_str().expect("a token").to_owned();
        let [id, secret] = api_client(attacker).await;
        let form = [("token", &*token), ("client_id", &*id), ("client_secret", &*secret)];
        let revoked = post("/oauth/revoke", &form).await;
        let answer = ask(self.gateway, &token, "{ viewer { tenant { code } } }", &json!({})).await;
        revoked.check_clean("/oauth/revoke", &mut self.faults);
        if answer.body["data"]["viewer"]["tenant"]["code"] != victim.code {
            self.faults.add(format!("another tenant's token was revoked: {}", answer.text));
        }
    }
}

fn same(table: &str, listed: &BTreeSet<String>, present: &BTreeSet<String>, faults: &mut Faults) {
    present.difference(listed).for_each(|name| faults.add(format!("{table} lacks {name}")));
    listed.difference(present).for_each(|name| faults.add(format!("{table} has {name}, which is not in the schema")));
}

on_backends!(a_tenant_neither_reads_nor_changes_data_of_another on sqlite, postgres_and_redis);

async fn a_tenant_neither_reads_nor_changes_data_of_another(backend: Backend) {
    let gateway = &backend.gateway().start().await;
    let mut test = IsolationTest::at(gateway).await;
    let [properties, travel] = test.tenants.victims.clone();
    let seq = async |test: &IsolationTest| test.tenants.supplier.stock_seq(&test.tenants.property).await;
    for round in [Round::Existing, Round::Chosen] {
        for (attacker, known) in test.tenants.attackers.clone() {
            let before = seq(&test).await;
            let secrets = test.tenants.secrets(known);
            for victim in [&properties.with_references(), &travel] {
                test.attacks(round, &attacker, victim, &secrets, known).await;
            }
            if known == Known::Nothing && seq(&test).await != before {
                test.faults.add(format!("{} changed the property of {}", attacker.code, properties.code));
            }
        }
    }
    // A supplier and its partner share the objects between them; the API clients and cursors are their own.
    for (one, other) in [(&properties, &travel), (&travel, &properties)] {
        let own = [Names::ApiClient, Names::Cursor].iter().filter_map(|names| other.objects[names].as_str());
        let own = own.map(str::to_owned).collect();
        test.attacks(Round::Existing, one, &other.with_references(), &own, Known::Property).await;
    }
    subscriptions::deliver_no_foreign_data(&mut test).await;
    subscriptions::foreign_cursors_are_refused(&mut test).await;
    test.checks_the_effect_of_names(&[&properties, &travel]).await;
    let rival = test.tenants.attackers[0].0.clone();
    test.checks_other_endpoints(&properties, &rival).await;
    test.faults.none();
}

#[tokio::test]
async fn every_field_is_forbidden_without_its_scope() {
    const ALL: [&str; 5] =
        ["inventory:read", "inventory:write", "reservations:read", "reservations:write", "tenant:admin"];
    let gateway = Gateway::builder().start().await;
    let mut test = IsolationTest::at(&gateway).await;
    let owners = [(&test.tenants.victims[0], TenantKind::Supplier), (&test.tenants.victims[1], TenantKind::Partner)];
    for operation in test.operations.iter().filter(|operation| operation.kind != "subscription") {
        let coordinate = operation.field.coordinate();
        let Some((_, Some(scope))) = SCOPES.iter().find(|(name, _)| *name == coordinate) else { continue };
        // Some scopes are not available to some kinds of tenants.
        let mut is_open = false;
        for (owner, kind) in owners {
            let variables = operation.variables(&test.schema, &BTreeSet::new(), &owner.objects, &owner.objects);
            let document = operation.document(&test.schema, &variables);
            let others: Vec<&str> = ALL.into_iter().filter(|other| other != scope).collect();
            let without = gateway.token(owner.code, kind, &others.join(" "), "unmetered").await;
            let refused = ask(&gateway, &without, &document, &variables).await;
            if refused.code() != "FORBIDDEN" {
                test.faults.add(format!("{coordinate} without {scope}: {}", refused.text));
            }
            let alone = gateway.token(owner.code, kind, scope, "unmetered").await;
            let granted = ask(&gateway, &alone, &document, &variables).await;
            is_open |= !granted.text.contains(&format!("lacks the scope {scope}"));
        }
        if !is_open {
            test.faults.add(format!("{scope} alone does not allow {coordinate}"));
        }
    }
    test.faults.none();
}
