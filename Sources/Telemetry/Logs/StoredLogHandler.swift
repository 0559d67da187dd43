package import Federation
package import Logging
package import Storage
internal import StrictJSON

/// Writes each entry where `visible` does (stderr), and offers it to the store.
///
/// Of the metadata, `service`, `tenant`, `trace_id` (or `request`) and `subject` have places of their own; the rest are
/// fields, those inside others with their names joined by dots. Without `service` it is the logger's label.
package struct StoredLogHandler: LogHandler {
    private var visible: any LogHandler
    private let queue: LogQueue
    private let label: String
    private let now: @Sendable () -> Instant

    package init(label: String, visible: any LogHandler, queue: LogQueue, now: @escaping @Sendable () -> Instant) {
        self.label = label
        self.visible = visible
        self.queue = queue
        self.now = now
    }

    package var logLevel: Logger.Level {
        get { visible.logLevel }
        set { visible.logLevel = newValue }
    }

    package var metadata: Logger.Metadata {
        get { visible.metadata }
        set { visible.metadata = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { visible[metadataKey: key] }
        set { visible[metadataKey: key] = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { visible.metadataProvider }
        set { visible.metadataProvider = newValue }
    }

    package func log(event: LogEvent) {
        visible.log(event: event)
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        queue.offer(Self.record(event.level, "\(event.message)", all, label: label, at: now()))
    }

    static func record(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, label: String, at now: Instant) -> LogRecord {
        var rest = metadata
        func take(_ name: String) -> String? { rest.removeValue(forKey: name).map { Redaction.kept("\($0)", bytes: Limits.nameBytes) } }
        let request = take("request")
        let (service, tenant, trace, subject) = (take("service"), take("tenant"), take("trace_id"), take("subject"))
        var fields: [String: String] = [:]
        flatten(.dictionary(rest), "", Limits.fieldDepth, into: &fields)
        return LogRecord(
            at: now, level: LogLevel(level), service: service ?? label, message: Redaction.kept(message, bytes: Limits.messageBytes), tenant: tenant,
            traceID: trace ?? request, subject: subject, fields: Redaction.kept(fields))
    }

    private static func flatten(_ value: Logger.MetadataValue, _ name: String, _ depth: Int, into fields: inout [String: String]) {
        guard fields.count < Limits.fields else { return }
        switch value {
        case .string(let text): fields[name] = text
        case .stringConvertible(let thing): fields[name] = "\(thing)"
        case .dictionary(let members) where depth > 0:
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                let short = key.clipped(Limits.nameBytes)
                // What is inside a secret is one.
                flatten(
                    Redaction.isSecret(name: short) ? .string(Redaction.mark) : member, name.isEmpty ? short : "\(name).\(short)", depth - 1, into: &fields)
            }
        case .array(let elements) where depth > 0:
            for (index, element) in elements.prefix(Limits.fields).enumerated() { flatten(element, "\(name).\(index)", depth - 1, into: &fields) }
        case .dictionary, .array: fields[name] = "…"
        }
    }
}

extension LogLevel {
    package init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}
