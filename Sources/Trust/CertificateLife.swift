package import Foundation
internal import X509

/// When a certificate was made and when it ends.
package struct CertificateLife: Sendable, Equatable {
    package let issued: Date
    package let ends: Date

    package init(issued: Date, ends: Date) {
        self.issued = issued
        self.ends = ends
    }

    /// - Parameter begins: as the certificate says. Our authority sets it back by `Limits.clockSkewSeconds`.
    package init(begins: Date, ends: Date) {
        self.init(issued: min(begins + Limits.clockSkewSeconds, ends), ends: ends)
    }

    /// Of the first certificate in the text.
    package init(pem: String) throws(TrustError) {
        guard let leaf = try certificates(pem: pem).first else { throw .certificate(problem: "there is none") }
        self.init(begins: leaf.notValidBefore, ends: leaf.notValidAfter)
    }

    /// - Parameter share: of the life that is over then, 0 to 1.
    package func moment(_ share: Double) -> Date { issued + ends.timeIntervalSince(issued) * share }

    package func isOver(_ share: Double, at now: Date) -> Bool { now >= moment(share) }
}
