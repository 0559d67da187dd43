/// Whose privacy is spent: one data set of one client of one tenant. Sessions are no part of it, for what they learn adds up.
package struct LedgerKey: Hashable, Comparable, Codable, Sendable {
    package let tenant: String
    package let client: String
    package let dataset: String

    package init(tenant: String, client: String, dataset: String) throws(PrivacyError) {
        for (field, name) in [("tenant", tenant), ("client", client), ("dataset", dataset)] {
            guard !name.isEmpty, name.utf8.count <= Limits.nameBytesMax else {
                throw .invalid(field: field, problem: "a name has 1 to \(Limits.nameBytesMax) bytes")
            }
        }
        (self.tenant, self.client, self.dataset) = (tenant, client, dataset)
    }

    package static func < (a: LedgerKey, b: LedgerKey) -> Bool { (a.tenant, a.client, a.dataset) < (b.tenant, b.client, b.dataset) }

    private enum CodingKeys: CodingKey { case tenant, client, dataset }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            tenant: values.decode(String.self, forKey: .tenant), client: values.decode(String.self, forKey: .client),
            dataset: values.decode(String.self, forKey: .dataset))
    }
}
