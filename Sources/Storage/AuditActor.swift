package import Federation

/// Who has to answer for what is done, and whence it was asked for.
package struct AuditActor: Sendable, Hashable, ExpressibleByStringLiteral {
    /// Of a key, a user, an OAuth client or a node; or the part of the coordinator that acts by itself.
    package var id: String
    /// The address of who called; nil: nobody called, or it is not known.
    package var address: String?
    /// What the call is answered with (HTTP) once what it asks for is stored; nil: it is none, or it may be answered in several ways.
    package var status: Int?

    package init(_ id: String, address: String? = nil, status: Int? = nil) { (self.id, self.address, self.status) = (id, address, status) }

    package init(stringLiteral id: String) { self.init(id) }

    /// The same call, of somebody who was found out later.
    package func named(_ id: String) -> AuditActor { AuditActor(id, address: address, status: status) }
}

extension AuditRecord {
    /// What was done to the thing that the action is about.
    /// - Parameter subject: which one it is.
    package init(
        at: Instant, action: Action, by actor: AuditActor, of subject: String, details: [String: String] = [:], level: Level = .info
    ) {
        self.init(
            at: at, action: action, actor: actor.id, subject: subject, details: details, resourceType: action.resource, resourceID: subject,
            ipAddress: actor.address, status: actor.status, level: level)
    }
}

extension AuditRecord.Action {
    /// What kind of thing the action is about; nil: of several kinds.
    package var resource: String? {
        switch self {
        case .nodeEnrolled, .nodeRenewed, .nodeRevoked: "node"
        case .leaseAllocated, .leaseExpired, .leaseReleased: "allocation"
        case .leaseOptimized: "allocation"
        case .authorityRolled: "authority"
        case .modelRegistered, .modelReady, .modelFailed, .modelRemoved: "model"
        case .modelDeployed, .deploymentScaled, .deploymentStopped: "deployment"
        case .updateConflict, .sessionCreated, .sessionStarted, .sessionStopped, .sessionEnded, .sessionEvaluationSet, .sessionInitialModelSet,
            .consoleSessionStopped:
            "session"
        case .keyCreated, .keyRevoked, .consoleSignedIn, .consoleSignedOut: "api_key"
        case .userCreated, .userPasswordChanged, .userDisabled, .userEnabled: "user"
        case .oauthClientCreated, .oauthClientRevoked: "oauth_client"
        case .refreshReused: "login"
        case .tenantCreated, .tenantUpdated, .tenantErased, .tenantScaled: "tenant"
        case .jobCreated, .jobCompleted, .jobFailed, .jobCancelRequested, .jobCancelled, .consoleJobCancelled: "job"
        case .modelLoaded, .modelUnloaded: "model"
        case .serviceStarted, .serviceStopped: "service"
        case .artifactStored, .artifactDeleted: "artifact"
        case .webhookCreated, .webhookDeleted, .webhookSecretRotated, .webhookDisabled, .webhookEnabled, .webhookRedelivered: "webhook"
        case .vaultKeyGenerated, .vaultKeyRotated, .vaultKeyRevoked, .vaultKeyExported, .vaultKeyRestored: "vault_key"
        case .vaultKeyUsed: "vault_key"
        case .vaultKeyExchanged: "key_exchange"
        case .vaultExchangeConfirmed: "key_exchange"
        case .vaultPartyRegistered, .vaultPartyRemoved: "exchange_party"
        case .tenantKeyRotated: "tenant_key"
        case .masterKeyRotated: "master_key"
        case .loginThrottled, .consoleSignInRefused: nil
        }
    }
}
