import ServiceLifecycle

/// A server as a service: says which setting is at fault when its address cannot be had.
struct Listening: Service {
    let server: any Service
    let address: (host: String, port: Int)
    /// The setting the address comes from.
    let key: String
    let onStop: @Sendable () -> Void

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: {
                onStop()
            }
        } catch {
            // Once it listens, a server ends without an error.
            throw CoordinatorError(
                .configuration, "\(address.host):\(address.port) cannot be listened on: \(error).",
                remedy: "Is another coordinator running? Give another address with --listen, or as \(key) in config.toml.")
        }
    }
}
