internal import Platform
internal import StrictJSON

extension Family {
    /// Also serves its own description, at `/openapi.json` below its base: nothing in it is secret.
    package func describing(title: String, version: String) -> Family {
        var family = self
        let place = Endpoint(
            "GET", "/openapi.json", "openapi", .open, rate: .page,
            contract: Contract("This document.", replies: [(200, .bytes("application/json"))])
        ) { _ throws(ServiceError) in APIReply(200, .empty) }
        family.endpoints.append(place)
        let document = family.openAPI(title: title, version: version)
        family.description = document
        family.endpoints[family.endpoints.count - 1].handler = { _ throws(ServiceError) in .json(document) }
        return family
    }

    /// The family's endpoints as an OpenAPI 3.1 document, made of the table that routes them.
    func openAPI(title: String, version: String) -> JSON {
        var paths: [(path: String, operations: [JSON.Member])] = []
        for endpoint in endpoints {
            let operation = JSON.Member(endpoint.method.lowercased(), describe(endpoint))
            if let i = paths.firstIndex(where: { $0.path == endpoint.path }) {
                paths[i].operations.append(operation)
            } else {
                paths.append((endpoint.path, [operation]))
            }
        }
        return [
            "openapi": "3.1.0", "info": ["title": .string(title), "version": .string(version)],
            "servers": .array(bases.map { ["url": .string($0.isEmpty ? "/" : $0)] }),
            "paths": .object(paths.map { .init($0.path, .object($0.operations)) }),
            "components": [
                "schemas": .object(shapes.map { .init($0.name, $0.json) }),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"], "key": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
                    "certificate": ["type": "mutualTLS"],
                ],
            ],
        ]
    }

    /// Every named object, once, by name.
    private var shapes: [Shape] {
        var found: [String: Shape] = [errorShape.name: errorShape, Notices.shape.name: Notices.shape]
        func add(_ shape: Shape) { for shape in Schema.object(shape).shapes { found[shape.name] = shape } }
        add(errorShape)
        for contract in endpoints.compactMap(\.contract) {
            for content in [contract.request] + contract.replies.map(\.content) { if case .json(let shape) = content { add(shape) } }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private func describe(_ endpoint: Endpoint) -> JSON {
        let contract = endpoint.contract
        var operation: [JSON.Member] = [.init("operationId", .string(endpoint.operation))]
        if let summary = contract?.summary { operation.append(.init("summary", .string(summary))) }
        let parameters =
            endpoint.parameterNames.map { name -> JSON in
                ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"]]
            }
            + (contract?.query ?? []).map { field -> JSON in
                ["name": .string(field.name), "in": "query", "required": .bool(field.isRequired), "schema": field.json]
            }
        if !parameters.isEmpty { operation.append(.init("parameters", .array(parameters))) }
        if let content = contract.flatMap({ content($0.request) }) {
            operation.append(.init("requestBody", ["required": .bool(endpoint.needsBody), "content": content]))
        }
        // A reply of one status may come in several media types.
        let statuses = (contract?.replies ?? []).map(\.status)
        var replies = Set(statuses).map { status in
            let contents = (contract?.replies ?? []).filter { $0.status == status }.compactMap { content($0.content, status: status) }
            return JSON.Member("\(status)", reply(status, contents.isEmpty ? nil : JSON.object(contents.flatMap { $0.members ?? [] }), endpoint))
        }
        for status in errors(of: endpoint) where !replies.contains(where: { $0.name == "\(status)" }) {
            replies.append(.init("\(status)", reply(status, ["application/json": ["schema": Schema.object(errorShape).json]], endpoint)))
        }
        operation.append(.init("responses", .object(replies.sorted { $0.name < $1.name })))
        operation.append(.init("security", security(endpoint.access)))
        if let scope = endpoint.access.scope { operation.append(.init("x-scope", .string(scope.rawValue))) }
        operation.append(.init("x-rate-class", .string("\(endpoint.rate)")))
        if !endpoint.isBuilt { operation.append(.init("x-not-built", true)) }
        return .object(operation)
    }

    private func reply(_ status: Int, _ content: JSON?, _ endpoint: Endpoint) -> JSON {
        ["description": .string(reason(status)), "headers": headers(status, endpoint)] + (content.map { ["content": $0] } ?? [:])
    }

    /// - Parameter status: of a reply; nil: it is of a request.
    private func content(_ content: Contract.Content, status: Int? = nil) -> JSON? {
        switch content {
        case .none: nil
        // A document of another description.
        case .bytes("application/json", _): ["application/json": ["schema": ["type": "object"]]]
        // Whatever somebody put there, JSON too.
        case .bytes("*/*", _): ["*/*": ["schema": [:]]]
        // No text to whoever reads it as events, and no object to whoever does not.
        case .bytes("text/event-stream", _): ["text/event-stream": ["schema": ["description": "server-sent events"]]]
        case .bytes(let type, let others): .object(([type] + others).map { .init($0, ["schema": ["type": "string", "format": "binary"]]) })
        case .json(let shape): ["application/json": ["schema": schema(shape, status)]]
        case .form(let shape, let file): ["multipart/form-data": ["schema": shape.form(file: file)]]
        }
    }

    private func schema(_ shape: Shape, _ status: Int?) -> JSON {
        let schema = Schema.object(shape).json
        guard let status else { return schema }
        // What is refused before the endpoint is reached has the family's form.
        guard status < 400 else { return shape == errorShape ? schema : ["anyOf": [schema, Schema.object(errorShape).json]] }
        // What always has notices describes them itself.
        if shape.fields.contains(where: { $0.name == "notices" }) { return schema }
        return ["allOf": [schema, ["type": "object", "properties": ["notices": ["type": "array", "items": ["$ref": "#/components/schemas/Notice"]]]]]]
    }

    /// What an endpoint can refuse with, by what it takes.
    private func errors(of endpoint: Endpoint) -> [Int] {
        // A header that cannot be read is 400 everywhere, credentials that are wrong are 401, those of another tenant 403, and a tenant that is
        // not there 404, also where none are needed; 503 can come before anything is looked at.
        var statuses = [400, 401, 403, 404, 413, 429, 500, 503]
        if endpoint.bodyLimitBytes > 0 { statuses.append(415) }
        if endpoint.method != "GET" { statuses += [409, 422, 507] }
        if !endpoint.isBuilt { statuses.append(501) }
        return statuses + (endpoint.contract?.refusals ?? [])
    }

    /// Headers that say something of a call beside its reply.
    private func headers(_ status: Int, _ endpoint: Endpoint) -> JSON {
        func header(_ name: String, _ schema: Schema, isAlwaysThere: Bool, _ note: String) -> JSON.Member {
            .init(name, ["description": .string(note), "required": .bool(isAlwaysThere), "schema": schema.json])
        }
        let count = Schema.integer(0...Int64(Int32.max))
        var headers = [header("X-Request-ID", .string(bytes: nil), isAlwaysThere: true, "the caller's own, or a new one")]
        if status == 401 { headers.append(header("WWW-Authenticate", .string(bytes: nil), isAlwaysThere: true, "RFC 9110 §11.6.1")) }
        if status == 429 || status == 503 {
            // What an endpoint says itself with such a status (health) is no refusal.
            let isOwn = endpoint.contract?.replies.contains { $0.status == status } ?? false
            headers.append(header("Retry-After", count, isAlwaysThere: !isOwn, "seconds"))
        }
        guard endpoint.rate == .family, name != .phi else { return .object(headers) }
        // A call that is refused before it is counted has none of them, or in the enterprise family what is left to who is known.
        let isCounted = status < 400 && endpoint.access != .open
        headers += [
            header("X-RateLimit-Limit", count, isAlwaysThere: isCounted, "calls of a window"),
            header("X-RateLimit-Remaining", count, isAlwaysThere: isCounted, "calls that are left of it"),
            header("X-RateLimit-Reset", .integer(nil), isAlwaysThere: isCounted, "its end, in seconds since 1970"),
        ]
        if name == .v1 { headers.append(header("X-RateLimit-Window", count, isAlwaysThere: isCounted, "its length in seconds")) }
        return .object(headers)
    }

    private func security(_ access: Access) -> JSON {
        let (bearer, key, certificate): (JSON, JSON, JSON) = (["bearer": []], ["key": []], ["certificate": []])
        return switch access {
        case .open: []
        case .administrator, .tenant, .scope: [bearer, key]
        case .node: [certificate]
        case .client: [bearer, certificate]
        case .tenantOrNode, .member: [bearer, key, certificate]
        }
    }
}

extension Endpoint {
    /// Whether nothing can be left out with the whole body.
    fileprivate var needsBody: Bool {
        if case .json(let shape)? = contract?.request { shape.fields.contains(where: \.isRequired) } else { true }
    }
}

/// What RFC 9110 calls a status.
package func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 402: "Payment Required"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 507: "Insufficient Storage"
    default: "Status \(status)"
    }
}
