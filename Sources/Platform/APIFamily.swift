/// The documented families of endpoints. Each has plans of its own, and a token is made for some of them.
package enum APIFamily: String, Sendable, Hashable, Codable, CaseIterable {
    case v1, v2, v4, phi
}
