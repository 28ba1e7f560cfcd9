"""AWS Backup: recovery points and empty vaults.

DeleteRecoveryPoint answers 200 although nothing is deleted when the role that made the backup may not delete it; the
point is ``EXPIRED`` then. So a point counts as gone only when AWS Backup knows of none.
Source: AWS Backup API reference, DeleteRecoveryPoint and DescribeRecoveryPoint.
"""

from __future__ import annotations

from runner.catalog.answers import at, by_state, flag_is_off, listed, picked, unread
from runner.catalog.last_copy import another_copy_is_left
from runner.model.action import ActionType, Answer, Blocker, Facts, Ok, Param, Pin, Present, Recovery, Unknown
from runner.model.call import Args, Call, Each, Effect, Listing, P, Survey

VAULT_ARN = "arn:{partition}:backup:{region}:{account}:backup-vault:{vault}"
VAULT: Args = {"BackupVaultName": P("vault")}
POINT: Args = {**VAULT, "RecoveryPointArn": P("recovery_point")}

VAULT_NAME = Param(
    "vault",
    r"[A-Za-z0-9_-]{2,50}",
    "the name of a backup vault: 2 to 50 letters, digits, hyphens and underscores; AWS's own have a slash",
)

the_vault_is_not_locked = flag_is_off(
    "the_vault_is_not_locked",
    "vault",
    "Locked",
    "the vault is locked",
    "wait until its retention ends; a lock is there so that nobody deletes",
)
no_approval_team_guards_it = flag_is_off(
    "no_approval_team_guards_it",
    "vault",
    "Team",
    "an approval team guards it",
    "ask that team with multi-party approval",
    off=None,
)


def no_legal_hold_is_in_force(facts: Facts) -> Answer:
    """Refuse while there are legal holds: which recovery points each of them covers is not said here."""
    match facts["holds"]:
        case Present(data):
            names = at(data, "Active")
            if not isinstance(names, list | tuple):
                return Unknown("the answer does not say whether a legal hold is in force")
            if names or at(data, "NextToken"):
                hint = "look whether they cover it; if not, name this check in accept_unknown"
                return Unknown(f"legal holds are in force: {', '.join(str(name) for name in names) or 'many'}", hint)
            return Ok()
        case other:
            return unread("a legal hold is in force", other)


POINT_SEEN = Call("backup:DescribeRecoveryPoint", POINT, absent=("ResourceNotFoundException",))

POLICY = Call(
    "backup:GetBackupVaultAccessPolicy",
    VAULT,
    absent=("ResourceNotFoundException",),
    resource=VAULT_ARN,
    query="{Policy: Policy}",
)
HOLDS = Call(
    "backup:ListLegalHolds",
    resource="*",
    query="{Active: LegalHolds[?Status!='CANCELED'].Title, NextToken: NextToken}",
)

OTHER_POINTS = Survey(
    POINT_SEEN,
    "[{Resource: ResourceArn}][?Resource]",
    Call("backup:ListRecoveryPointsByResource", {"ResourceArn": Each("Resource")}, resource="*"),
    "RecoveryPoints[?Status=='COMPLETED' && RecoveryPointArn!='{recovery_point}'].RecoveryPointArn",
)
# Whether what it was made of is still there, AWS Backup does not say.
another_point_is_left = another_copy_is_left("what it was made of")

DELETE_RECOVERY_POINT = ActionType(
    name="backup.delete_recovery_point",
    summary="Delete a recovery point; AWS may say that it did and not do it, so it is looked at.",
    params=(
        VAULT_NAME,
        Param(
            "recovery_point",
            # With `continuous:` it is point-in-time recovery that would end, which is a setting of the resource.
            r"(?!.*:continuous:)arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:[A-Za-z0-9_./:-]+",
            "the ARN of a recovery point, not of a continuous one",
        ),
    ),
    target="{recovery_point}",
    pin=Pin(POINT_SEEN, picked("CreationDate")),
    recovery=Recovery.NONE,
    probe=POINT_SEEN,
    sight=by_state("Status", leaving=("DELETING",), stuck=("EXPIRED",), why="StatusMessage"),
    facts={
        "tags": Call("backup:ListTags", {"ResourceArn": P("recovery_point")}, query="{Tags: !NextToken && Tags}"),
        "policy": POLICY,
        "vault": Call("backup:DescribeBackupVault", VAULT, resource=VAULT_ARN, query="{Locked: Locked}"),
        "holds": HOLDS,
        "others": OTHER_POINTS,
    },
    changing=("others",),
    checks=(the_vault_is_not_locked, no_legal_hold_is_in_force, another_point_is_left),
    calls=(Call("backup:DeleteRecoveryPoint", POINT, effect=Effect.DELETE),),
    gone_within=900,
)

# For a vault that is not there, DescribeBackupVault answers AccessDeniedException, which says nothing. 1,000 is the
# most that a page of the list takes, and far more than an account may have.
VAULTS = Call(
    "backup:ListBackupVaults",
    {"MaxResults": 1000},
    resource="*",
    query="{Vaults: BackupVaultList[?BackupVaultName=='{vault}'], NextToken: NextToken}",
)

BACKUP_VAULT_POLICY = Call(
    "backup:GetBackupVaultAccessPolicy", VAULT, absent=("ResourceNotFoundException",), query="{Policy: Policy}"
)
RECOVERY_POINTS = Blocker(
    Listing(
        "recovery points",
        Call("backup:ListRecoveryPointsByBackupVault", VAULT),
        "RecoveryPoints",
        "RecoveryPointArn",
    )
)
ALL_BACKUP_VAULTS = Listing(
    "backup vaults", Call("backup:ListBackupVaults", resource="*"), "BackupVaultList", "BackupVaultArn"
)

DELETE_BACKUP_VAULT = ActionType(
    name="backup.delete_backup_vault",
    summary="Delete a backup vault that holds no recovery point.",
    params=(VAULT_NAME,),
    target=VAULT_ARN,
    pin=Pin(VAULTS, picked("Vaults[0].CreationDate")),
    recovery=Recovery.REVERT,
    probe=VAULTS,
    sight=listed("Vaults", more="NextToken"),
    facts={
        "tags": Call("backup:ListTags", {"ResourceArn": P("target")}, query="{Tags: !NextToken && Tags}"),
        "policy": BACKUP_VAULT_POLICY,
        "vault": Call("backup:DescribeBackupVault", VAULT, query="{Team: MpaApprovalTeamArn}"),
    },
    checks=(no_approval_team_guards_it,),
    blockers=(RECOVERY_POINTS,),
    calls=(Call("backup:DeleteBackupVault", VAULT, effect=Effect.DELETE),),
    population=ALL_BACKUP_VAULTS,
    undo="Make it again with `backup:CreateBackupVault`, with its access policy.",
)
