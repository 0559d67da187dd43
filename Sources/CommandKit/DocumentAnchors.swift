import Foundation
package import Trust

/// Whom the reader of a signed document trusts, as it is given on the command line.
package enum DocumentAnchors {
    /// - Parameters:
    ///   - pin: `sha256:` and 64 digits.
    ///   - ca: a file with the authority's certificate in PEM, or with several.
    package static func anchor(pin: String?, ca: String?) throws(CommandFailure) -> DocumentAnchor {
        do throws(TrustError) {
            switch (pin, ca) {
            case (let pin?, nil): return .pin(try AuthorityPin(pin))
            case (nil, let path?):
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                _ = try CertificateFacts.all(pem: text)
                return .authorities(text)
            default: break
            }
        } catch { throw CommandFailure(.usage, error.message, remedy: error.remedy) }
        throw CommandFailure(
            .usage, "Whom to trust is not given, or twice.",
            remedy: "Give --ca-pin sha256:HEX or --ca FILE, from somebody you trust and not from beside the file.")
    }
}
