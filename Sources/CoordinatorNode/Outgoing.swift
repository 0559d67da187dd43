import CryptoSuite
import Federation
import Logging
import PKCS11
import Platform
import ServiceLifecycle
import Storage
import Telemetry
import Trust
import TuttiConfiguration

/// What the coordinator sends to others by itself: webhooks, through the egress guard.
struct Outgoing: Service {
    let secrets: SecretStore
    /// What seals the master key, and seeds that are asked to lie in a module; nil: none is configured.
    let token: (any SealingToken)?
    let webhooks: Webhooks
    /// For whatever else a tenant makes the coordinator fetch.
    let client: GuardedClient
    private let sender: WebhookSender
    static let attempts = "tutti_webhook_attempts_total"

    init(_ folder: CoordinatorFolder, _ settings: CoordinatorSettings, _ store: SQLiteStore, _ metrics: Metrics, _ log: Logger) async throws(CoordinatorError) {
        let policy = try Self.policy(settings)
        let sealing: MasterKeyGuard
        do throws(TrustError) { sealing = try folder.masterKeyGuard(settings) } catch {
            throw CoordinatorError(.configuration, error.message, remedy: error.remedy)
        }
        token = sealing.token
        secrets = try await folder.secrets(in: store, sealing)
        webhooks = Webhooks(store: store, secrets: secrets, policy: policy, random: .system)
        do throws(EgressError) { client = try GuardedClient(policy: policy) } catch {
            throw CoordinatorError(.failed, error.message, remedy: error.remedy)
        }
        sender = WebhookSender(webhooks: webhooks, transport: client, random: .system, now: { Instant.now }) { report in
            switch report {
            case .attempted(let attempt, let delivery):
                metrics.add(Self.attempts, [("state", delivery.state.rawValue)])
                guard delivery.state != .delivered else { return }
                log.info(
                    "a webhook was not delivered",
                    metadata: [
                        "service": "webhooks", "tenant": "\(delivery.tenant)", "subject": "\(delivery.webhook)", "webhook": "\(delivery.webhook)",
                        "delivery": "\(delivery.id)", "state": "\(delivery.state.rawValue)",
                        "status": "\(attempt.status.map(String.init) ?? "none")", "reason": "\(delivery.problem ?? "")",
                    ])
            case .trouble(let problem): log.error("webhooks wait", metadata: ["cause": "\(problem)"])
            }
        }
    }

    private static func policy(_ settings: CoordinatorSettings) throws(CoordinatorError) -> EgressPolicy {
        var allowances: [EgressPolicy.Allowance] = []
        for text in settings.egressAllowed {
            do throws(EgressError) { allowances.append(try EgressPolicy.Allowance(text)) } catch {
                throw CoordinatorError(
                    .configuration, "egress.allow: \(error.message)", remedy: "Write blocks as 10.1.0.0/16, hosts as hooks.internal, domains as .corp.example.")
            }
        }
        return EgressPolicy(allowsLoopback: settings.profile == .local, ports: settings.egressPorts, allowances: allowances)
    }

    func run() async throws { await cancelWhenGracefulShutdown { await sender.run() } }
}
