//! Who may do what, and what nobody may do to the same thing twice: roles, the segregation of duties as a table, and who has to
//! approve how much. People and API keys are treated alike: a key acts for its owner.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Declares words: an enum with a name for each variant.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $( $(#[doc = $doc:literal])* $variant:ident $word:literal )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $( $(#[doc = $doc])* $variant, )* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

words! {
    /// What somebody is there for. One person may have several; the table of [`Action::clashes`] still holds.
    Role {
        Service "service"
        ItemData "items"
        Pricing "pricing"
        Credit "credit"
        Warehouse "warehouse"
        Payables "ap"
        PayablesManager "ap_manager"
        Buyer "purchasing"
        Receivables "ar"
        ReceivablesManager "ar_manager"
        Controller "controller"
        Treasury "treasury"
        Compliance "compliance"
        Support "support"
        MapEditor "map_editor"
        MapApprover "map_approver"
        Onboarding "onboarding"
        Auditor "auditor"
        UserAdmin "user_admin"
    }
}

words! {
    /// What can be done, as far as it matters who does it.
    Action {
        DecideOrder "decide_order"
        ReleaseOrder "release_order"
        OverridePrice "override_price"
        ReleaseCredit "release_credit"
        ConfirmShipment "confirm_shipment"
        IssueInvoice "issue_invoice"
        ReceiveGoods "receive_goods"
        PlaceOrder "place_order"
        ApprovePurchase "approve_purchase"
        AcceptVariance "accept_variance"
        ApprovePayable "approve_payable"
        CreatePaymentFile "create_payment_file"
        ReleasePaymentFile "release_payment_file"
        ApplyCash "apply_cash"
        /// What people decided about cash teaches a ranking, which is switched on.
        TeachRanking "teach_ranking"
        ProposeWriteOff "propose_write_off"
        ApproveWriteOff "approve_write_off"
        ProposeRefund "propose_refund"
        ApproveRefund "approve_refund"
        ProposeSettlement "propose_settlement"
        ApproveSettlement "approve_settlement"
        EditItems "edit_items"
        EditMap "edit_map"
        ApproveMap "approve_map"
        ActivateMap "activate_map"
        OnboardPartner "onboard_partner"
        /// How a partner is reached was read by somebody else.
        ApprovePartner "approve_partner"
        ProposeBankDetails "propose_bank_details"
        ApproveBankDetails "approve_bank_details"
        ResolveException "resolve_exception"
        ProposeReplay "propose_replay"
        ApproveReplay "approve_replay"
        ResendDocument "resend_document"
        ClosePeriod "close_period"
        AdministerUsers "administer_users"
        Audit "audit"
        Read "read"
    }
}

impl Action {
    /// The roles that may do it.
    pub fn roles(self) -> &'static [Role] {
        use Role::*;
        match self {
            Self::DecideOrder => &[Service],
            Self::ReleaseOrder => &[Service],
            Self::OverridePrice => &[Pricing],
            Self::ReleaseCredit => &[Credit],
            Self::ConfirmShipment | Self::ReceiveGoods => &[Warehouse],
            Self::IssueInvoice => &[Receivables, ReceivablesManager],
            Self::PlaceOrder => &[Buyer],
            Self::ApprovePurchase => &[Buyer, Controller],
            Self::AcceptVariance => &[Buyer, Payables, PayablesManager, Controller],
            Self::ApprovePayable => &[PayablesManager, Controller],
            Self::CreatePaymentFile => &[Payables],
            Self::ReleasePaymentFile => &[Treasury],
            Self::ApplyCash => &[Receivables, ReceivablesManager],
            Self::TeachRanking => &[ReceivablesManager, Controller],
            Self::ProposeWriteOff | Self::ProposeRefund | Self::ProposeSettlement => &[Receivables, ReceivablesManager],
            Self::ApproveWriteOff | Self::ApproveSettlement => &[Receivables, ReceivablesManager, Controller],
            Self::ApproveRefund => &[ReceivablesManager, Controller],
            Self::EditItems => &[ItemData],
            Self::EditMap => &[MapEditor],
            Self::ApproveMap => &[MapApprover],
            Self::ActivateMap => &[Support],
            Self::OnboardPartner => &[Onboarding],
            Self::ApprovePartner => &[Onboarding, Compliance, Support],
            Self::ProposeBankDetails => &[Onboarding, Payables],
            Self::ApproveBankDetails => &[Treasury, Controller],
            Self::ResolveException => &[
                Service,
                ItemData,
                Pricing,
                Credit,
                Warehouse,
                Payables,
                PayablesManager,
                Buyer,
                Receivables,
                ReceivablesManager,
                Compliance,
                Support,
            ],
            Self::ProposeReplay | Self::ResendDocument => &[Compliance, Support],
            Self::ApproveReplay => &[Compliance, Support, Controller],
            Self::ClosePeriod => &[Controller],
            Self::AdministerUsers => &[UserAdmin],
            Self::Audit => &[Auditor],
            Self::Read => Role::ALL,
        }
    }

    /// Whether nobody may do both to the same thing.
    pub fn clashes(self, other: Self) -> bool {
        CLASHES.iter().any(|group| self != other && group.contains(&self) && group.contains(&other))
    }
}

/// The segregation of duties: of each group one person does at most one, to one thing.
pub const CLASHES: &[&[Action]] = &[
    &[Action::EditMap, Action::ApproveMap, Action::ActivateMap],
    &[Action::OnboardPartner, Action::ApproveBankDetails],
    &[Action::OnboardPartner, Action::ApprovePartner],
    &[Action::ProposeBankDetails, Action::ApproveBankDetails],
    &[Action::ProposeWriteOff, Action::ApproveWriteOff],
    &[Action::ProposeRefund, Action::ApproveRefund],
    &[Action::ProposeSettlement, Action::ApproveSettlement],
    &[Action::ProposeReplay, Action::ApproveReplay],
    &[Action::OverridePrice, Action::ReleaseOrder, Action::IssueInvoice],
    &[Action::PlaceOrder, Action::ApprovePurchase],
    &[Action::ReceiveGoods, Action::ApprovePayable],
    &[Action::ReceiveGoods, Action::AcceptVariance],
    &[Action::CreatePaymentFile, Action::ReleasePaymentFile],
];

/// Roles nobody has together, whatever they do with them.
pub const APART: &[(Role, Role)] = &[
    (Role::MapEditor, Role::MapApprover),
    (Role::MapEditor, Role::Support),
    (Role::MapApprover, Role::Support),
    (Role::Payables, Role::Treasury),
    (Role::Warehouse, Role::PayablesManager),
];

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person's name, or the key's.
    pub name: String,
    /// Whose key it is; the person itself where it is none. Duties are separated by this.
    pub owner: String,
    pub roles: Vec<Role>,
    /// Taken for a limited time, for a reason that was given; sets roles aside, never duties.
    pub break_glass: bool,
}

impl Actor {
    /// The role in which something is done: the desk's own where the actor has it, else one that may; the action's word
    /// where none may.
    pub fn role_for(&self, action: Action, desk: Option<&str>) -> String {
        let own = desk.and_then(Role::of).filter(|role| self.roles.contains(role));
        let any = self.roles.iter().copied().find(|role| action.roles().contains(role));
        own.or(any).map_or_else(|| action.as_str().to_owned(), |role| role.as_str().to_owned())
    }
}

/// Something done before to the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub action: Action,
    pub owner: String,
}

/// Why somebody may not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// None of the actor's roles may.
    Role { action: Action },
    /// The same person did something before that clashes.
    Duty { action: Action, did: Action },
}

impl std::fmt::Display for Denied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Role { action } => {
                let roles: Vec<&str> = action.roles().iter().map(|role| role.as_str()).collect();
                write!(f, "{} is for {}", action.as_str(), roles.join(", "))
            }
            Self::Duty { action, did } => {
                write!(f, "whoever did {} may not do {} to the same thing", did.as_str(), action.as_str())
            }
        }
    }
}

/// Whether somebody may do something to a thing with this history.
///
/// # Errors
/// Says which role or which earlier act is in the way.
pub fn permit(actor: &Actor, action: Action, history: &[Done]) -> Result<(), Denied> {
    if !actor.break_glass && !actor.roles.iter().any(|role| action.roles().contains(role)) {
        return Err(Denied::Role { action });
    }
    match history.iter().find(|done| done.owner == actor.owner && done.action.clashes(action)) {
        Some(done) => Err(Denied::Duty { action, did: done.action }),
        None => Ok(()),
    }
}

/// What is wrong with roles given to one person: the pairs that must be apart. A user administrator has no business rights,
/// and an auditor resolves nothing.
pub fn clashing_roles(roles: &[Role]) -> Vec<(Role, Role)> {
    let has = |role: Role| roles.contains(&role);
    let mut clashes: Vec<(Role, Role)> = APART.iter().copied().filter(|(a, b)| has(*a) && has(*b)).collect();
    for lone in [Role::UserAdmin, Role::Auditor] {
        if has(lone) {
            clashes.extend(roles.iter().filter(|role| **role != lone).map(|role| (lone, *role)));
        }
    }
    clashes
}

/// What needs approval by amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// A variance on a matched invoice.
    Variance,
    WriteOff,
    Refund,
    /// The money in documents that are read again.
    BulkReplay,
    /// How many documents are read again.
    ManyReplayed,
    Payable,
}

/// Up to `most` it takes `approvers` people, one of them with `role`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// `None`: whatever it comes to.
    pub most: Option<Decimal>,
    /// `None`: nobody has to approve.
    pub role: Option<Role>,
    pub approvers: u8,
}

/// The bands a matter has by default, lowest first. A configuration may have others.
pub fn default_bands(matter: Matter) -> Vec<Band> {
    let band =
        |most: i64, role: Option<Role>| Band { most: Some(most.into()), role, approvers: u8::from(role.is_some()) };
    let above = |role: Role, approvers: u8| Band { most: None, role: Some(role), approvers };
    match matter {
        Matter::Variance => vec![
            band(25, None),
            band(500, Some(Role::Buyer)),
            band(5_000, Some(Role::PayablesManager)),
            above(Role::Controller, 2),
        ],
        Matter::WriteOff => vec![
            band(5, None),
            band(100, Some(Role::Receivables)),
            band(2_500, Some(Role::ReceivablesManager)),
            above(Role::Controller, 1),
        ],
        Matter::Refund => vec![above(Role::ReceivablesManager, 2)],
        Matter::BulkReplay => vec![band(10_000, None), above(Role::Support, 2)],
        Matter::ManyReplayed => vec![band(50, None), above(Role::Support, 2)],
        Matter::Payable => vec![band(5_000, None), above(Role::PayablesManager, 1)],
    }
}

/// The band an amount falls into: the first that reaches it.
pub fn band(bands: &[Band], amount: Decimal) -> Option<&Band> {
    bands.iter().find(|band| band.most.is_none_or(|most| amount.abs() <= most))
}

/// Whether what has been approved is enough: so many different people, one with the role, the proposer not among them.
pub fn is_enough(band: &Band, proposer: &str, approvals: &[Actor]) -> bool {
    let mut owners: Vec<&str> =
        approvals.iter().map(|actor| actor.owner.as_str()).filter(|owner| *owner != proposer).collect();
    owners.sort_unstable();
    owners.dedup();
    let Some(role) = band.role else { return true };
    let mut with_role = approvals.iter().filter(|actor| actor.owner != proposer);
    owners.len() >= usize::from(band.approvers) && with_role.any(|actor| actor.roles.contains(&role))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every role with every action: a line for each action, the roles that may.
    #[test]
    fn the_matrix_of_roles_and_actions() {
        for action in Action::ALL {
            for role in Role::ALL {
                let actor = actor("anna", &[*role]);
                assert_eq!(permit(&actor, *action, &[]).is_ok(), action.roles().contains(role), "{role:?} {action:?}");
            }
            assert!(!action.roles().is_empty(), "{action:?} is for nobody");
            assert_eq!(Action::of(action.as_str()), Some(*action));
        }
        let admin = actor("root", &[Role::UserAdmin]);
        let may: Vec<_> = Action::ALL.iter().filter(|action| permit(&admin, **action, &[]).is_ok()).collect();
        assert_eq!(may, [&Action::AdministerUsers, &Action::Read], "a user administrator has no business rights");
        let auditor = actor("iris", &[Role::Auditor]);
        assert!(permit(&auditor, Action::ResolveException, &[]).is_err());
    }

    /// Every action after every other, by the same owner through another key, and by somebody else.
    #[test]
    fn duties_are_separated_for_people_and_their_keys_alike() {
        for first in Action::ALL {
            for second in Action::ALL {
                let history = [Done { action: *first, owner: "anna".into() }];
                let mut key = actor("anna's bot", Role::ALL);
                key.owner = "anna".into();
                assert_eq!(
                    permit(&key, *second, &history).is_err(),
                    first.clashes(*second),
                    "{first:?} then {second:?}"
                );
                assert!(permit(&actor("ben", Role::ALL), *second, &history).is_ok());
                assert_eq!(first.clashes(*second), second.clashes(*first));
                // Break-glass sets roles aside, not duties.
                let rescue = Actor { break_glass: true, roles: vec![], ..actor("anna", &[]) };
                assert_eq!(permit(&rescue, *second, &history).is_err(), first.clashes(*second));
            }
        }
        use Action::*;
        for (one, other) in [
            (EditMap, ApproveMap),
            (ApproveMap, ActivateMap),
            (EditMap, ActivateMap),
            (OnboardPartner, ApproveBankDetails),
            (OnboardPartner, ApprovePartner),
            (ProposeBankDetails, ApproveBankDetails),
            (ProposeWriteOff, ApproveWriteOff),
            (ProposeRefund, ApproveRefund),
            (ProposeSettlement, ApproveSettlement),
            (OverridePrice, ReleaseOrder),
            (ReleaseOrder, IssueInvoice),
            (OverridePrice, IssueInvoice),
            (ReceiveGoods, ApprovePayable),
            (ReceiveGoods, AcceptVariance),
            (CreatePaymentFile, ReleasePaymentFile),
        ] {
            assert!(one.clashes(other), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn some_roles_are_never_together() {
        assert_eq!(clashing_roles(&[Role::Service, Role::Credit]), []);
        assert_eq!(clashing_roles(&[Role::MapEditor, Role::MapApprover]), [(Role::MapEditor, Role::MapApprover)]);
        assert_eq!(clashing_roles(&[Role::UserAdmin, Role::Pricing]), [(Role::UserAdmin, Role::Pricing)]);
        assert_eq!(clashing_roles(&[Role::Auditor, Role::Service]), [(Role::Auditor, Role::Service)]);
    }

    #[test]
    fn how_much_takes_whom() {
        use Matter::*;
        let cases = [
            (Variance, "25", None, 0),
            (Variance, "25.01", Some(Role::Buyer), 1),
            (Variance, "500", Some(Role::Buyer), 1),
            (Variance, "5000", Some(Role::PayablesManager), 1),
            (Variance, "5000.01", Some(Role::Controller), 2),
            (WriteOff, "-5", None, 0),
            (WriteOff, "100", Some(Role::Receivables), 1),
            (WriteOff, "2500", Some(Role::ReceivablesManager), 1),
            (WriteOff, "2500.01", Some(Role::Controller), 1),
            (Refund, "0.01", Some(Role::ReceivablesManager), 2),
            (BulkReplay, "10000", None, 0),
            (ManyReplayed, "50", None, 0),
            (ManyReplayed, "51", Some(Role::Support), 2),
            (BulkReplay, "10001", Some(Role::Support), 2),
        ];
        for (matter, amount, role, approvers) in cases {
            let bands = default_bands(matter);
            let found = band(&bands, amount.parse().unwrap()).unwrap();
            assert_eq!((found.role, found.approvers), (role, approvers), "{matter:?} {amount}");
        }
    }

    #[test]
    fn four_eyes_are_two_people() {
        let two = Band { most: None, role: Some(Role::Controller), approvers: 2 };
        let (anna, ben) = (actor("anna", &[Role::Controller]), actor("ben", &[Role::Receivables]));
        let bot = Actor { owner: "anna".into(), ..actor("bot", &[Role::Receivables]) };
        assert!(is_enough(&two, "carl", &[anna.clone(), ben.clone()]));
        assert!(!is_enough(&two, "carl", &[anna.clone(), bot]), "a person and their own key are one");
        assert!(!is_enough(&two, "ben", &[anna.clone(), ben.clone()]), "the proposer does not approve");
        assert!(!is_enough(&two, "carl", &[ben, actor("dora", &[Role::Receivables])]), "nobody has the role");
    }

    fn actor(name: &str, roles: &[Role]) -> Actor {
        Actor { name: name.into(), owner: name.into(), roles: roles.to_vec(), break_glass: false }
    }
}
