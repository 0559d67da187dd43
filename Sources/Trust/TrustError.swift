package import PKCS11

/// Why something is not trusted, and what to do.
package enum TrustError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A name for a server certificate that is neither a host name nor an IP address.
    case name(String)
    /// The list of names as a whole.
    case names(problem: String)
    /// A tenant or client that cannot stand in a certificate.
    case identityPart(field: String, value: String)
    case lifetime(problem: String)
    case certificateRequest(problem: String)
    case certificate(problem: String)
    case authority(problem: String)
    case key(problem: String)
    /// A client certificate that does not name a client of ours.
    case identity(problem: String)
    case pin(String)
    case pinMismatch(expected: String, presented: [String])
    /// The pinned authority is there, but the server's own certificate does not stand up.
    case serverCertificate(host: String, problem: String)
    case hostMismatch(host: String, names: [String])
    case connection(endpoint: String, problem: String)
    case file(path: String, problem: String)
    /// A secret that others than its owner can read; `mode` in octal.
    case exposed(path: String, mode: String)
    case tls(problem: String)
    /// The token that keeps the master key.
    case token(TokenError)

    /// What is wrong: field and value.
    package var message: String {
        switch self {
        case .name(let name): "'\(clipped(name))' is neither a host name nor an IP address."
        case .names(let problem): "The server's names cannot be used: \(problem)."
        case .identityPart(let field, let value): "'\(clipped(value))' cannot be a \(field)'s name."
        case .lifetime(let problem): "The certificate's lifetime cannot be used: \(problem)."
        case .certificateRequest(let problem): "The certificate request cannot be used: \(problem)."
        case .certificate(let problem): "The certificate cannot be used: \(problem)."
        case .authority(let problem): "The certificate authority cannot be used: \(problem)."
        case .key(let problem): "The private key cannot be used: \(problem)."
        case .identity(let problem): "The client certificate names no client: \(problem)."
        case .pin(let text): "'\(clipped(text))' is no CA pin."
        case .pinMismatch(let expected, let presented):
            "The server's CA is not the pinned one. Pinned: \(expected). Presented: \(presented.isEmpty ? "none" : presented.joined(separator: ", "))."
        case .serverCertificate(let host, let problem): "The certificate of \(clipped(host)) is not trusted: \(problem)."
        case .hostMismatch(let host, let names):
            "The server's certificate is not for \(clipped(host)), only for \(names.isEmpty ? "no name" : names.prefix(8).map(clipped).joined(separator: ", "))."
        case .connection(let endpoint, let problem): "No TLS connection to \(clipped(endpoint)): \(problem)."
        case .file(let path, let problem): "\(path): \(problem)."
        case .exposed(let path, let mode): "\(path) holds a secret, but others may read or change it (mode \(mode))."
        case .tls(let problem): "TLS cannot be set up: \(problem)."
        case .token(let error): error.message
        }
    }

    /// What the reader should do next.
    package var remedy: String {
        switch self {
        case .name: "Give names like 'fed.example.org' or addresses like '192.0.2.7' or '2001:db8::7'; wildcards are not issued."
        case .names: "Give each name and address under which clients reach the server once, at most \(Limits.serverNamesMax)."
        case .identityPart:
            "Use 1 to \(Limits.identityPartBytesMax) letters, digits, '-', '.' and '_', and not '.' or '..' alone."
        case .lifetime: "Check the clock, and give a lifetime from one second to 30 years."
        case .certificateRequest: "Send a PKCS #10 request in PEM for a P-256 or P-384 key, signed with that key; 'tutti-client join' makes one."
        case .certificate: "Give an X.509 certificate in PEM, as 'tutti-coordinator init' and 'tutti-client join' write it."
        case .authority: "Restore ca.pem and ca.key together from a backup, or make a new coordinator folder with 'tutti-coordinator init'."
        case .key: "Give the PEM key that was made together with the certificate; it must be a P-256 key."
        case .identity: "Enrol the client with this coordinator: 'tutti-client join URL --token TOKEN --ca-pin PIN'."
        case .pin: "Write it as sha256: and 64 hexadecimal digits; 'tutti-coordinator init' and 'token create' print it."
        case .pinMismatch: "Either the pin is mistyped or this is another server. Do not go on before you have compared the pin with the operator's."
        case .serverCertificate: "Do not go on; ask the operator to look at the server's certificate and the clocks of both machines."
        case .hostMismatch: "Connect under one of these names, or let the operator add the missing one: 'tutti-coordinator init --name NAME'."
        case .connection: "Check address and port, that the coordinator runs, and that nothing in between intercepts TLS 1.3."
        case .file: "Check that the path is right, the folder is writable by this user and the disk has room."
        case .exposed(let path, _): "Close it: chmod 600 '\(path)'. If somebody may have read it, replace the secret."
        case .tls: "Check that certificate, key and CA belong together and are in PEM."
        case .token(let error): error.remedy
        }
    }

    package var description: String { message + " " + remedy }
}

/// Values from outside are shown, but not at any length.
private func clipped(_ text: String) -> String {
    // A character can be of any length; a scalar cannot.
    text.unicodeScalars.count <= 80 ? text : String(text.unicodeScalars.prefix(80)) + "…"
}
