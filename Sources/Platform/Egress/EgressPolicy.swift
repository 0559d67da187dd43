/// Which places this coordinator may be made to connect to by somebody who is not its operator. Pure: names are resolved
/// elsewhere, once, and every address is asked about here.
package struct EgressPolicy: Sendable, Equatable {
    /// What the operator trusts beside the public internet.
    package enum Allowance: Sendable, Equatable {
        case block(AddressBlock)
        /// With whatever addresses it has.
        case host(String)
        /// `.example.org`: every name below it.
        case domain(String)

        /// - Throws: `url` for what is neither a block, an address nor a name.
        package init(_ text: String) throws(EgressError) {
            if let block = AddressBlock(text) {
                self = .block(block)
            } else {
                let name = text.hasPrefix(".") ? String(text.dropFirst()) : text
                guard !text.contains("/"), !text.contains(":"), !text.contains("@"), case .name(let host) = try EgressURL("https://\(name)/").host else {
                    throw .url(problem: "'\(text)' is neither a block of addresses such as 10.1.0.0/16 nor a host's name")
                }
                self = text.hasPrefix(".") ? .domain("." + host) : .host(host)
            }
        }
    }

    /// http and https to this machine itself, on any port: where nobody else uses it.
    package var allowsLoopback: Bool
    /// Ports of every other place.
    package var ports: [Int]
    package var allowances: [Allowance]
    /// Also without TLS, to addresses that an allowance names and to no other: for a server that the operator himself has named.
    package var allowsPlain: Bool
    package static let usualPorts = [443, 8443]

    package init(allowsLoopback: Bool, ports: [Int] = usualPorts, allowances: [Allowance] = [], allowsPlain: Bool = false) {
        self.allowsLoopback = allowsLoopback
        self.allowsPlain = allowsPlain
        self.ports = ports
        self.allowances = allowances
    }

    /// A URL as it is given to us: its form, and its address if it is written as one. A name is looked at when it is used.
    /// - Throws: `url`, `refused`.
    package func check(_ text: String) throws(EgressError) -> EgressURL {
        let url = try EgressURL(text)
        try check(url)
        return url
    }

    /// The same of one that was taken apart before, perhaps under another policy.
    package func check(_ url: EgressURL) throws(EgressError) {
        let staysHere = allowsLoopback && url.namesLoopback
        guard url.scheme == .https || staysHere || allowsPlain else {
            throw .url(problem: "it is not https" + (allowsLoopback ? "; http is for this machine itself" : ""))
        }
        guard staysHere || ports.contains(url.port) else {
            throw .url(problem: "its port \(url.port) is not among those that may be used: \(ports.map(String.init).joined(separator: ", "))")
        }
        if case .address(let address) = url.host { try check(address, of: url) }
    }

    /// Whether a connection to this address may be made for that URL.
    /// - Throws: `refused`.
    package func check(_ address: IPAddress, of url: EgressURL) throws(EgressError) {
        guard let range = verdict(for: address, of: url) else { return }
        throw .refused(host: url.hostText, address: "\(address)", range: range)
    }

    /// nil: it may; otherwise the kind of address that keeps it from being reached.
    package func verdict(for address: IPAddress, of url: EgressURL) -> String? {
        guard let range = SpecialAddresses.range(of: address) else {
            return url.scheme == .https || isAllowed(address, of: url) ? nil : "reached without TLS, for which it must be allowed"
        }
        // Only where the URL itself says so: a name on the internet that leads here is an attack.
        if allowsLoopback, address.isLoopback, url.namesLoopback { return nil }
        if range.isNever { return range.name }
        return isAllowed(address, of: url) ? nil : range.name
    }

    private func isAllowed(_ address: IPAddress, of url: EgressURL) -> Bool {
        let real = address.embedded ?? address
        return allowances.contains { allowance in
            switch (allowance, url.host) {
            case (.block(let block), _): block.contains(real)
            case (.host(let host), .name(let name)): host == name
            case (.domain(let domain), .name(let name)): name.hasSuffix(domain)
            case (.host, .address), (.domain, .address): false
            }
        }
    }
}

extension EgressURL {
    package var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): "\(address)"
        }
    }

    /// RFC 6761 §6.3 reserves `localhost` and what is below it.
    var namesLoopback: Bool {
        switch host {
        case .name(let name): name == "localhost" || name.hasSuffix(".localhost")
        case .address(let address): address.isLoopback
        }
    }
}
