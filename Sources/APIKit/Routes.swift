/// Where a request goes: the endpoint, and what its path says.
package struct Route: Sendable {
    package let endpoint: Endpoint
    let parameters: [String: String]
    /// The base and the template, as logs name it.
    let name: String
}

/// A family's table, ordered so that a path is looked up and not searched for.
struct Routes: Sendable {
    /// Indices of endpoints whose path has no parameters, by that path.
    private var spelt: [String: [Int]] = [:]
    /// Those of the others, by how many segments their path has.
    private var templates: [Int: [Int]] = [:]

    init(_ endpoints: [Endpoint]) {
        for (index, endpoint) in endpoints.enumerated() {
            guard endpoint.isSpelt else {
                templates[endpoint.segments, default: []].append(index)
                continue
            }
            spelt[endpoint.path, default: []].append(index)
            // A base is the same place with a slash after it and without.
            if endpoint.path == "/" { spelt["", default: []].append(index) }
        }
    }

    /// - Parameter path: below the family's base.
    func find(_ method: String, _ path: Substring, in endpoints: [Endpoint]) throws(ServiceError) -> (index: Int, parameters: [String: String]) {
        // A path that is spelt out is its own and no parameter's, whatever its methods (OpenAPI 3.1, "Path Templating Matching").
        if let indices = spelt[String(path)] {
            if let index = indices.first(where: { endpoints[$0].answers(method) }) { return (index, [:]) }
            throw .methodNotAllowed(allowed: methods(indices, endpoints))
        }
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Substring.init).dropFirst()
        var others: [Int] = []
        for index in templates[segments.count] ?? [] {
            guard let parameters = endpoints[index].match(segments) else { continue }
            if endpoints[index].answers(method) { return (index, parameters) }
            others.append(index)
        }
        if others.isEmpty { throw .notFound("there is no such path") }
        throw .methodNotAllowed(allowed: methods(others, endpoints))
    }

    private func methods(_ indices: [Int], _ endpoints: [Endpoint]) -> [String] {
        indices.flatMap { endpoints[$0].method == "GET" ? ["GET", "HEAD"] : [endpoints[$0].method] }
    }
}

extension Endpoint {
    /// HEAD is GET without the body, which the gateway leaves out.
    fileprivate func answers(_ asked: String) -> Bool { method == asked || (asked == "HEAD" && method == "GET") }
}

extension Family {
    private func base(of path: String) -> String? {
        bases.first {
            path == $0 || (path.utf8.count > $0.utf8.count && path.utf8.starts(with: $0.utf8) && path.utf8.dropFirst($0.utf8.count).first == UInt8(ascii: "/"))
        }
            ?? aliases.first { $0.has(path) }?.base
    }

    package func owns(_ path: String) -> Bool { base(of: path) != nil }

    /// - Throws: `notFound`, `methodNotAllowed`.
    package func route(_ method: String, _ path: String) throws(ServiceError) -> Route {
        guard let base = base(of: path) else { throw .notFound("there is no such path") }
        let (index, parameters) = try routes.find(method, path[path.utf8.index(path.startIndex, offsetBy: base.utf8.count)...], in: endpoints)
        return Route(endpoint: endpoints[index], parameters: parameters, name: base + endpoints[index].path)
    }

    /// The endpoint that answers this method at this path. nil: the reply will be 404 or 405.
    package func endpoint(method: String, path: String) -> Endpoint? { try? route(method, path).endpoint }
}
