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
            let contents = (contract?.replies ?? []).filter { $0.status == status }.compactMap { content($0.content, isReply: true) }
            let types = JSON.object(contents.flatMap { $0.members ?? [] })
            return JSON.Member("\(status)", ["description": .string(reason(status))] + (contents.isEmpty ? [:] : ["content": types]))
        }
        for status in errors(of: endpoint) where !replies.contains(where: { $0.name == "\(status)" }) {
            replies.append(
                .init(
                    "\(status)",
                    ["description": .string(reason(status)), "content": ["application/json": ["schema": Schema.object(errorShape).json]]]))
        }
        operation.append(.init("responses", .object(replies.sorted { $0.name < $1.name })))
        operation.append(.init("security", security(endpoint.access)))
        if let scope = endpoint.access.scope { operation.append(.init("x-scope", .string(scope.rawValue))) }
        operation.append(.init("x-rate-class", .string("\(endpoint.rate)")))
        if !endpoint.isBuilt { operation.append(.init("x-not-built", true)) }
        return .object(operation)
    }

    private func content(_ content: Contract.Content, isReply: Bool = false) -> JSON? {
        switch content {
        case .none: nil
        case .bytes(let type, let others): .object(([type] + others).map { .init($0, ["schema": ["type": "string", "format": "binary"]]) })
        case .json(let shape):
            [
                "application/json": [
                    "schema": isReply && !shape.fields.contains { $0.name == "notices" }
                        ? [
                            "allOf": [
                                Schema.object(shape).json,
                                ["type": "object", "properties": ["notices": ["type": "array", "items": ["$ref": "#/components/schemas/Notice"]]]],
                            ]
                        ] : Schema.object(shape).json
                ]
            ]
        }
    }

    /// What an endpoint can refuse with, by what it takes and whom it lets in.
    private func errors(of endpoint: Endpoint) -> [Int] {
        // A header that cannot be read is 400 everywhere; 503 and 507 can come before anything is looked at.
        var statuses = [400, 429, 500, 503]
        if endpoint.access != .open { statuses += [401, 403] }
        if endpoint.access != .open || !endpoint.parameterNames.isEmpty { statuses.append(404) }
        if endpoint.bodyLimitBytes > 0 { statuses += [413, 415] } else { statuses.append(413) }
        if endpoint.method != "GET" { statuses += [409, 422, 507] }
        if !endpoint.isBuilt { statuses.append(501) }
        return statuses
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
