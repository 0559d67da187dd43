import Foundation
import NIOSSL
package import Trust

/// Who this node is: made by `join`, read by `run`. The key never leaves the folder.
package struct NodeIdentity: Sendable {
    package struct Card: Sendable, Codable, Equatable {
        package var coordinator: String
        package var tenant: String
        package var client: String
        package init(coordinator: String, tenant: String, client: String) {
            self.coordinator = coordinator
            self.tenant = tenant
            self.client = client
        }
    }

    package var card: Card
    package var certificatePEM: String
    package var authorityPEM: String
    package var keyPEM: String

    /// nil when the certificate cannot be read.
    package var life: CertificateLife? { try? CertificateLife(pem: certificatePEM) }

    package init(card: Card, certificatePEM: String, authorityPEM: String, keyPEM: String) {
        self.card = card
        self.certificatePEM = certificatePEM
        self.authorityPEM = authorityPEM
        self.keyPEM = keyPEM
    }

    package static func folder(_ data: String) -> String { data + "/identity" }

    package static func exists(in data: String) -> Bool {
        FileManager.default.fileExists(atPath: folder(data) + "/node.json")
    }
}
