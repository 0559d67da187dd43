import Diagnosis
import Foundation
import PKCS11
import Trust
import TuttiConfiguration

extension CoordinatorDoctor {
    /// Whether what the settings have opens `master.key`, while nobody serves: some tokens take one process at a time. No key is made.
    func masterKey(_ settings: CoordinatorSettings) async -> [Finding] {
        var findings: [Finding] = []
        do throws(TrustError) {
            let sealing = try place.masterKeyGuard(settings, makes: false)
            if let token = sealing.token {
                do throws(TokenError) { findings.append(.ok("token", Self.text(try await token.facts()))) } catch { throw .token(error) }
            }
            guard FileLook(place.masterKeyPath).isThere else { return findings }
            let (_, found) = try await sealing.read(place.masterKeyPath)
            let how =
                switch found {
                case .mode: "protected by its mode"
                case .passphrase: "sealed with a passphrase"
                case .token: "sealed by the token"
                }
            let next = sealing.sealing == .mode || sealing.sealing == found ? "" : "; the next start seals it as the settings say"
            return findings + [.ok("master key", how + next)]
        } catch {
            guard case .token = error else { return findings + [.fail("master key", .masterKeyUnusable, error.message, error.remedy)] }
            return findings + [.fail("token", .tokenUnusable, error.message, error.remedy)]
        }
    }

    private static func text(_ facts: TokenFacts) -> String {
        let kind = facts.isHardware ? "a device" : "software, as its slot says of no device"
        return "'\(facts.label)' of \(facts.manufacturer), \(facts.model), \(kind); key \(facts.uri)"
    }
}
