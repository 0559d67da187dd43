package import Compute
package import Platform
package import Storage

/// Content by where it lies: uploaded, below a folder that the operator named, or on a server.
package struct ContentSources: Sendable {
    package enum Fetched: Sendable, Equatable {
        case bytes([UInt8])
        /// It will not be otherwise at another time.
        case refused(String)
        case later(String)
    }

    private let store: any ArtifactStore
    private let roots: [String]
    private let client: GuardedClient?
    private let pool: ComputePool

    /// - Parameters:
    ///   - roots: folders from which files may be read.
    ///   - client: nil: nothing is fetched from elsewhere.
    package init(store: any ArtifactStore, roots: [String], client: GuardedClient?, pool: ComputePool) {
        (self.store, self.roots, self.client, self.pool) = (store, roots, client, pool)
    }

    /// Why nothing here can fetch from there, whenever it is tried; nil: it can be tried.
    package func missing(for source: String) -> String? {
        guard case .objectStore = try? ModelLocation(source) else { return nil }
        return ModelRegistry.objectStoreWaits
    }

    /// One try.
    /// - Parameter source: `upload://`, `file://`, `https://` or `s3://`.
    package func fetch(_ source: String, tenant: String, bytesMax: Int) async throws(StorageError) -> Fetched {
        let location: ModelLocation
        do throws(RegistryFailure) { location = try ModelLocation(source) } catch { return .refused("its place cannot be used") }
        switch location {
        case .upload(let name):
            guard let content = try await store.artifactContent(ModelLocation.uploads + name, tenant: tenant) else {
                return .refused("there is no uploaded file \(name)")
            }
            return content.count <= bytesMax ? .bytes(content) : .refused("it has \(content.count) bytes, at most \(bytesMax) are taken")
        case .file(let path):
            let roots = ModelRoots(roots: roots)
            return await pool.run {
                do throws(ModelRoots.Refusal) { return .bytes(try roots.read(path, bytesMax: bytesMax)) } catch { return .refused(error.why) }
            }
        case .https(let url): return await download(url, bytesMax)
        case .objectStore: return .refused(ModelRegistry.objectStoreWaits)
        }
    }

    private func download(_ url: EgressURL, _ bytesMax: Int) async -> Fetched {
        guard let client else { return .refused("this coordinator fetches nothing from elsewhere") }
        do throws(EgressError) {
            let answer = try await client.send(GuardedRequest("GET", url), ExchangeLimits(seconds: RegistryLimits.fetchSeconds, bodyBytes: bytesMax))
            switch answer.status {
            case 200: return .bytes(answer.body)
            case 300..<400: return .refused("the server leads elsewhere (\(answer.status)), which is not followed; give the place itself")
            case 429, 500...599: return .later("the server answered \(answer.status)")
            default: return .refused("the server answered \(answer.status)")
            }
        } catch {
            switch error {
            case .connection, .timeout, .unresolved, .answer, .tls: return .later(error.message)
            case .url, .refused: return .refused(error.message)
            case .tooLarge: return .refused("it has more than \(bytesMax) bytes")
            }
        }
    }
}
