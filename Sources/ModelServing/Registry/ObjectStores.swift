internal import Foundation
package import Platform
package import StrictJSON

/// Object stores that the operator has named, each with the buckets that models and inputs may be read of, and with what it is asked as.
package struct ObjectStores: Sendable {
    package struct Entry: Sendable {
        package var name: String
        package var buckets: [String]
        /// Whose models may come from there; nil: every tenant's.
        package var tenants: [String]?
        /// `https://s3.eu-central-1.amazonaws.com`, without a path.
        package var endpoint: String
        /// The bucket in the path, and not in the name of the host.
        package var isPathStyle: Bool
        package var credentials: StoreCredentials
    }

    private static let entries = 64
    private static let textBytes = 2048
    package let list: [Entry]
    package static let none = ObjectStores()
    private init() { list = [] }

    /// - Parameter json: `{"stores": [{"name", "buckets": […], "tenants": […], "endpoint", "region", "style": "path" | "virtual", "access_key_id",
    ///   "secret_access_key", "session_token"}]}`; `tenants`, `style` and `session_token` may be left out.
    /// - Throws: `invalid` with the field; no value is repeated.
    package init(_ json: JSON) throws(RegistryFailure) {
        guard let stores = json["stores"]?.elements, stores.count <= Self.entries else {
            throw .invalid(field: "stores", issue: "must be a list of at most \(Self.entries)")
        }
        var list: [Entry] = []
        for (place, store) in stores.enumerated() {
            func text(_ name: String) throws(RegistryFailure) -> String {
                guard let text = store[name]?.text, (1...Self.textBytes).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                    throw .invalid(field: "stores[\(place)].\(name)", issue: "must be a text without spaces")
                }
                return text
            }
            func texts(_ name: String) throws(RegistryFailure) -> [String] {
                guard let list = store[name]?.elements, let texts = list.map(\.text) as? [String], !texts.isEmpty else {
                    throw .invalid(field: "stores[\(place)].\(name)", issue: "must be a list of names")
                }
                return texts
            }
            let style = store["style"]?.text ?? "virtual"
            guard style == "path" || style == "virtual" else { throw .invalid(field: "stores[\(place)].style", issue: "must be path or virtual") }
            let endpoint = try text("endpoint")
            do throws(EgressError) { _ = try EgressURL(endpoint + "/") } catch {
                throw .invalid(field: "stores[\(place)].endpoint", issue: "cannot be used: \(error.problem)")
            }
            let token = try store["session_token"] == nil ? nil : text("session_token")
            list.append(
                Entry(
                    name: try text("name"), buckets: try texts("buckets"), tenants: try store["tenants"] == nil ? nil : texts("tenants"), endpoint: endpoint,
                    isPathStyle: style == "path",
                    credentials: StoreCredentials(
                        keyID: try text("access_key_id"), secret: try text("secret_access_key"), sessionToken: token, region: try text("region"))))
        }
        self.list = list
    }

    package func entry(bucket: String, tenant: String) -> Entry? { list.first { $0.buckets.contains(bucket) && $0.tenants?.contains(tenant) ?? true } }

    /// What a store means by a status that is no success, and what helps; nil: it may be otherwise at another time. Nothing of what it said is repeated.
    package static func refusal(_ status: Int, _ entry: Entry, bucket: String) -> String? {
        let store = "the object store '\(entry.name.clipped(64))'"
        switch status {
        case 429, 500...599: return nil
        case 404: return "\(store) has no such key in the bucket '\(bucket.clipped(64))', or no such bucket (404)"
        case 400, 401, 403:
            return "\(store) refuses (\(status)); check its access_key_id, secret_access_key and region in the file of models.object_stores, "
                + "that this key may read the object, and this machine's clock"
        case 300..<400:
            return "\(store) leads elsewhere (\(status)), which is not followed; check its endpoint and region in the file of models.object_stores"
        default: return "\(store) answered \(status)"
        }
    }

    /// A signed request for an object.
    /// - Parameter seconds: since 1970.
    /// - Returns: nil where bucket and key make no address.
    package static func request(_ entry: Entry, bucket: String, key: String, at seconds: Int64) -> GuardedRequest? {
        let parts = entry.endpoint.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !bucket.isEmpty,
            bucket.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E })
        else { return nil }
        let host = entry.isPathStyle ? String(parts[2]) : "\(bucket).\(parts[2])"
        let path = (entry.isPathStyle ? "/\(bucket)/" : "/") + RequestSignature.encoded(key)
        guard let url = try? EgressURL("\(parts[0])//\(host)\(path)") else { return nil }
        let stamp = RequestSignature.stamp(seconds)
        var headers = [(name: "x-amz-content-sha256", value: RequestSignature.emptyBody), (name: "x-amz-date", value: stamp)]
        if let token = entry.credentials.sessionToken { headers.append((name: "x-amz-security-token", value: token)) }
        // As it is sent: without the scheme's own port, and in lower case.
        let authorization = RequestSignature.authorization(
            "GET", path: path, headers: headers + [(name: "host", value: url.authority)], stamp: stamp, entry.credentials)
        return GuardedRequest("GET", url, headers: headers + [(name: "authorization", value: authorization)])
    }
}
